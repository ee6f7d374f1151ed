#include "converter/nncf/conversion.h"

#include <algorithm>

#include "converter/nncf/algorithms/bits.h"
#include "converter/nncf/algorithms/schedules.h"
#include "converter/nncf/file/scopes.h"
#include "converter/nncf/file/words.h"

namespace edgy::converter::nncf {
namespace {

void map_range(const Quantization& q, ConversionPlan& plan) {
  const auto found = std::find_if(q.range.begin(), q.range.end(), [](const RangeInitializer& r) {
    return r.group != QuantizerGroup::kWeights;
  });
  if (found == q.range.end())
    return;
  QuantizeOptions& options = plan.config.quantize;
  switch (found->kind) {
    case RangeKind::kMinMax:
      options.range = RangeMethod::kMinMax;
      break;
    case RangeKind::kMeanMinMax:
    case RangeKind::kMixedMinMax:
      options.range = RangeMethod::kMeanMinMax;
      break;
    case RangeKind::kThreeSigma:
      options.range = RangeMethod::kThreeSigma;
      break;
    case RangeKind::kPercentile:
    case RangeKind::kMeanPercentile:
      options.range = RangeMethod::kPercentile;
      // One number: the tail that is cut off where less is cut.
      options.percentile =
          std::clamp(std::max(100 - found->min_percentile, found->max_percentile), 50.0, 100.0);
      break;
  }
  if (found->samples > 0)
    options.calibration_samples = static_cast<std::size_t>(found->samples);
  if (q.range.size() > 1)
    plan.notes.emplace_back(
        "quantization: one kind of range is used for all layers, the first of the file that is for "
        "activations.");
}

void map(const Quantization& q, bool bits_stated, ConversionPlan& plan) {
  plan.config.precision = edgy::converter::Precision::kInt8;
  map_range(q, plan);
  if (bits_stated && q.activations.bits == 8)
    plan.config.quantize.activation_bits = 8;
  if (q.activations.bits < 7) {
    plan.notes.push_back("quantization: activations of " + std::to_string(q.activations.bits) +
                         " bits are less than Edgy trains with; they get 7.");
  }
  if (std::holds_alternative<HawqPrecision>(q.precision)) {
    plan.notes.emplace_back(
        "quantization: bits by Hessian traces need edgy finetune; all weights get 8 here. edgy "
        "convert --budget chooses bits by measured damage.");
  } else if (says_layer_bits(q)) {
    plan.config.quantize.weight_bits_of = [q](const std::string& layer) {
      return weight_bits(q, layer);
    };
    plan.config.quantize.rounding = RoundingMethod::kReconstruction;
    plan.notes.emplace_back(
        "quantization: weights get the bits that the file names for each layer, fitted to "
        "calibration data, not trained (edgy finetune).");
  } else if (q.weights.bits < 8) {
    plan.config.quantize.weight_bits = q.weights.bits;
    plan.config.quantize.rounding = RoundingMethod::kReconstruction;
    plan.notes.push_back("quantization: weights of " + std::to_string(q.weights.bits) +
                         " bits are fitted to calibration data, not trained (edgy finetune).");
  }
  if (!q.scopes.target.empty() || !q.scopes.ignored.empty() || !q.overrides.empty()) {
    plan.notes.emplace_back(
        "quantization: layers stay in higher precision by measured sensitivity here, not by name: "
        "target_scopes and ignored_scopes keep weights at 8 bits and no layer float; of "
        "scope_overrides the bits of weights are taken.");
  }
}

/// Both kinds of sparsity end with a share of zeros; what leads there is training.
template <typename Sparsity>
void map_sparsity(const Sparsity& algorithm, const std::string& name, const std::string& untrained,
                  ConversionPlan& plan) {
  PruningOptions& pruning = plan.config.quantize.pruning.emplace();
  pruning.sparsity = std::min(final_sparsity(algorithm.params), 0.99);
  pruning.allocation = algorithm.level_setting == LevelSetting::kLocal
                           ? SparsityAllocation::kUniform
                           : SparsityAllocation::kSensitivity;
  plan.notes.push_back(name + ": the final " + percent(pruning.sparsity) +
                       " of zeros is set at once; " + untrained + " (edgy finetune).");
  if (!algorithm.scopes.target.empty() || !algorithm.scopes.ignored.empty()) {
    pruning.in_scope = [scopes = algorithm.scopes](const std::string& layer) {
      return in_scope(scopes, layer);
    };
  }
}

void map(const FilterPruning& algorithm, ConversionPlan& plan) {
  if (algorithm.flops_target || algorithm.all_weights) {
    plan.notes.push_back(std::string("filter_pruning: left out, since ") +
                         (algorithm.flops_target ? "pruning_flops_target" : "all_weights") +
                         " is not something Edgy does: it prunes each layer by its share.");
    return;
  }
  FilterPruningOptions& options = plan.config.filter_pruning.emplace();
  options.rate = std::min(algorithm.target, 0.95);
  switch (algorithm.importance) {
    case FilterNorm::kL1:
      options.importance = FilterImportance::kL1;
      break;
    case FilterNorm::kL2:
      options.importance = FilterImportance::kL2;
      break;
    case FilterNorm::kGeometricMedian:
      options.importance = FilterImportance::kGeometricMedian;
      break;
  }
  options.prune_first = algorithm.prune_first_conv;
  options.prune_last = algorithm.prune_last_conv;
  options.prune_downsampling = algorithm.prune_downsample_convs;
  options.multiple_of = 1;  // the rate that was asked for, not the next that kernels like
  plan.notes.push_back("filter_pruning: the final " + percent(options.rate) +
                       " of filters goes at once; its schedule over epochs needs training.");
}

}  // namespace

ConversionPlan plan_conversion(const ParsedNncf& parsed) {
  ConversionPlan plan;
  if (parsed.config.algorithms.empty())
    plan.notes.emplace_back(plain_training());
  for (const Unused& unused : parsed.unused)
    plan.notes.push_back(unused.diagnostic.message);
  const auto& algorithms = parsed.config.algorithms;
  for (std::size_t i = 0; i < algorithms.size(); ++i) {
    if (const auto* q = std::get_if<Quantization>(&algorithms[i])) {
      map(*q, parsed.given.contains("compression[" + std::to_string(i) + "].activations.bits"),
          plan);
    } else if (const auto* magnitude = std::get_if<MagnitudeSparsity>(&algorithms[i])) {
      map_sparsity(*magnitude, "magnitude_sparsity", "its schedule over epochs needs training",
                   plan);
    } else if (const auto* pruning = std::get_if<FilterPruning>(&algorithms[i])) {
      map(*pruning, plan);
    } else if (const auto* rb = std::get_if<RbSparsity>(&algorithms[i])) {
      map_sparsity(*rb, "rb_sparsity", "masks are chosen by measured damage, not learned", plan);
    } else if (std::holds_alternative<KnowledgeDistillation>(algorithms[i])) {
      plan.notes.emplace_back("knowledge_distillation: left out, since nothing is trained here.");
    }
  }
  return plan;
}

}  // namespace edgy::converter::nncf
