#include "converter/nncf/file/checks.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <sstream>

#include "converter/nncf/file/scopes.h"
#include "converter/nncf/file/words.h"

namespace edgy::converter::nncf {
namespace {

void check_scopes(ObjectReader& reader, const std::string& prefix, const Scopes& scopes) {
  const auto check_list = [&](const char* key, const std::vector<std::string>& list) {
    for (const std::string& entry : list) {
      if (const std::string mistake = scope_mistake(entry); !mistake.empty())
        reader.error(prefix + key, mistake);
    }
  };
  check_list("target_scopes", scopes.target);
  check_list("ignored_scopes", scopes.ignored);
}

/// A level that begins above where it ends. Where NNCF would search for the level, that is legal:
/// what it ends with is what the file names as its target.
void check_levels(ObjectReader& reader, const FileContext& file, const std::string& kind,
                  double& init, double target) {
  if (init <= target)
    return;
  const std::string what = percent(target) + " is below " + kind + "_init, " + percent(init);
  if (file.level_is_searched) {
    reader.warn("params." + kind + "_target",
                what +
                    ": NNCF would search for the level by accuracy_aware_training; Edgy goes to " +
                    percent(target));
    init = target;
  } else {
    reader.error("params." + kind + "_target", what);
  }
}

/// Steps in ascending order; each level stays with its step.
void sort_steps(ObjectReader& reader, SparsityParams& p) {
  if (std::is_sorted(p.multistep_steps.begin(), p.multistep_steps.end()))
    return;
  std::sort(p.multistep_steps.begin(), p.multistep_steps.end());
  reader.warn("params.multistep_steps", "epochs are not in ascending order; they are sorted");
}

/// As many levels as steps: the form that EDGY's own files have.
void complete_levels(ObjectReader& reader, SparsityParams& p) {
  std::ostringstream text;
  text << "there are as many levels as steps, and NNCF wants one level more; read as "
       << percent(p.init) << " (sparsity_init) from epoch 0";
  for (std::size_t i = 0; i < p.multistep_steps.size(); ++i)
    text << ", " << percent(p.multistep_levels[i]) << " from " << p.multistep_steps[i];
  const int last = p.multistep_steps.back();
  p.multistep_levels.insert(p.multistep_levels.begin(), p.init);
  if (p.target != p.multistep_levels.back()) {
    if (p.freeze_epoch > last) {
      p.multistep_steps.push_back(p.freeze_epoch);
      p.multistep_levels.push_back(p.target);
      text << ", " << percent(p.target) << " (sparsity_target) from " << p.freeze_epoch
           << ", where masks are frozen";
    } else {
      p.multistep_levels.back() = p.target;
      text << "; the last of them is " << percent(p.target) << " (sparsity_target)";
    }
  }
  reader.warn("params.multistep_sparsity_levels", text.str());
}

void check_multistep(ObjectReader& reader, SparsityParams& p) {
  const bool steps_given = reader.states("params.multistep_steps");
  const bool levels_given = reader.states("params.multistep_sparsity_levels");
  if (steps_given != levels_given) {
    reader.error(steps_given ? "params.multistep_steps" : "params.multistep_sparsity_levels",
                 std::string("is given without ") +
                     (steps_given ? "multistep_sparsity_levels" : "multistep_steps") +
                     "; a multistep schedule needs both");
    return;
  }
  sort_steps(reader, p);
  if (std::adjacent_find(p.multistep_steps.begin(), p.multistep_steps.end()) !=
      p.multistep_steps.end()) {
    reader.error("params.multistep_steps", "an epoch is listed twice");
    return;
  }
  const std::size_t steps = p.multistep_steps.size();
  if (p.multistep_levels.size() == steps) {
    complete_levels(reader, p);
  } else if (p.multistep_levels.size() != steps + 1) {
    reader.error("params.multistep_sparsity_levels",
                 "there are " + std::to_string(p.multistep_levels.size()) + " levels for " +
                     std::to_string(steps) + " steps; " + std::to_string(steps + 1) +
                     " are expected");
    return;
  } else if (reader.states("params.sparsity_target") && p.target != p.multistep_levels.back()) {
    reader.warn("params.sparsity_target",
                "has no effect: the last level of a multistep schedule, " +
                    percent(p.multistep_levels.back()) + ", is its target");
  }
  p.target = p.multistep_levels.back();
  p.init = p.multistep_levels.front();
  if (!std::is_sorted(p.multistep_levels.begin(), p.multistep_levels.end()))
    reader.warn("params.multistep_sparsity_levels", "levels fall on the way; weights come back");
}

void check_sparsity(ObjectReader& reader, const FileContext& file, SparsityParams& p) {
  if (p.schedule == SparsitySchedule::kMultistep) {
    check_multistep(reader, p);
    return;
  }
  check_levels(reader, file, "sparsity", p.init, p.target);
  if (p.schedule != SparsitySchedule::kAdaptive && p.freeze_epoch < p.target_epoch) {
    reader.warn("params.sparsity_freeze_epoch",
                "masks are frozen at epoch " + std::to_string(p.freeze_epoch) +
                    ", before the final share is reached at epoch " +
                    std::to_string(p.target_epoch) + " (sparsity_target_epoch)");
  }
}

void check_range(ObjectReader& reader, const std::string& key, const RangeInitializer& range) {
  if (range.min_percentile >= range.max_percentile) {
    reader.error(key + ".params.min_percentile",
                 "the lower percentile has to be below the upper one");
  }
  check_scopes(reader, key + ".", range.scopes);
}

void check_precision(ObjectReader& reader, Quantization& algorithm) {
  constexpr const char* kPath = "initializer.precision";
  if (auto* hawq = std::get_if<HawqPrecision>(&algorithm.precision)) {
    std::sort(hawq->bits.begin(), hawq->bits.end());
    hawq->bits.erase(std::unique(hawq->bits.begin(), hawq->bits.end()), hawq->bits.end());
    return;
  }
  if (const auto* manual = std::get_if<ManualPrecision>(&algorithm.precision)) {
    if (manual->bitwidth_per_scope.empty())
      reader.error(kPath, "manual precision needs 'bitwidth_per_scope': [[4, \"layer\"], ...]");
    for (const auto& entry : manual->bitwidth_per_scope)
      check_scopes(reader, std::string(kPath) + ".bitwidth_per_scope.", {{entry.scope}, {}});
  }
}

}  // namespace

void check(ObjectReader& reader, const FileContext& file, MagnitudeSparsity& algorithm) {
  check_sparsity(reader, file, algorithm.params);
  check_scopes(reader, "", algorithm.scopes);
}

void check(ObjectReader& reader, const FileContext& file, RbSparsity& algorithm) {
  check_sparsity(reader, file, algorithm.params);
  check_scopes(reader, "", algorithm.scopes);
}

void check(ObjectReader& reader, const FileContext& /*file*/, ConstSparsity& algorithm) {
  check_scopes(reader, "", algorithm.scopes);
}

void check(ObjectReader& reader, const FileContext& file, FilterPruning& algorithm) {
  if (algorithm.schedule != PruningSchedule::kBaseline && !algorithm.flops_target)
    check_levels(reader, file, "pruning", algorithm.init, algorithm.target);
  if (algorithm.flops_target && reader.states("params.pruning_target")) {
    reader.error("params.pruning_flops_target",
                 "pruning_target is given too; one of the two is expected");
  }
  check_scopes(reader, "", algorithm.scopes);
}

void check(ObjectReader& reader, const FileContext& /*file*/, Quantization& algorithm) {
  if (algorithm.range.empty())
    reader.error("initializer.range", "the list is empty; an object is expected");
  for (std::size_t i = 0; i < algorithm.range.size(); ++i)
    check_range(reader, element_path("initializer.range", i), algorithm.range[i]);
  check_precision(reader, algorithm);
  for (const ScopeOverride& entry : algorithm.overrides)
    check_scopes(reader, "scope_overrides.", {{entry.scope}, {}});
  check_scopes(reader, "weights.", algorithm.weights.scopes);
  check_scopes(reader, "activations.", algorithm.activations.scopes);
  check_scopes(reader, "", algorithm.scopes);
}

void check(ObjectReader& /*reader*/, const FileContext& /*file*/,
           KnowledgeDistillation& /*algorithm*/) {}

void check(ObjectReader& reader, const InputInfo& input) {
  static const std::set<std::string> kReal = {"float", "float32", "float16", "half", "double"};
  static const std::set<std::string> kWhole = {"int64", "long", "int32", "int", "int8", "uint8"};
  std::string shape;
  for (const int64_t extent : input.sample_size)
    shape += (shape.empty() ? "" : ", ") + std::to_string(extent);
  if (kWhole.contains(input.type) && input.sample_size.size() >= 3) {
    reader.warn("type", "'" + input.type + "' stands for whole numbers, but an input of shape [" +
                            shape + "], as of a log-mel, holds real ones; it is read as 'float'");
  } else if (!kWhole.contains(input.type) && !kReal.contains(input.type)) {
    reader.warn("type",
                "'" + input.type + "' is no type that is known here; it is read as 'float'");
  }
}

}  // namespace edgy::converter::nncf
