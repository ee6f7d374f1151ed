#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

#include "converter/nncf/algorithms/schedules.h"
#include "converter/nncf/explain/explain_algorithms.h"
#include "converter/nncf/file/describe_sparsity.h"

namespace edgy::converter::nncf {
namespace {

std::string number(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

std::string schedule_words(const SparsityParams& p) {
  switch (p.schedule) {
    case SparsitySchedule::kMultistep:
      return "multistep: fixed levels at fixed epochs";
    case SparsitySchedule::kExponential:
      return "exponential: the share of weights that are left falls by the same factor each epoch";
    case SparsitySchedule::kPolynomial:
      return std::string("polynomial of power ") + number(p.power) +
             (p.update_per_optimizer_step ? ", updated with every optimizer step"
                                          : ", updated every epoch");
    case SparsitySchedule::kAdaptive:
      return "adaptive: " + percent(p.step) + " up once the model has been within " +
             percent(p.eps) + " of a level for " + std::to_string(p.patience) +
             (p.patience == 1 ? " epoch" : " epochs");
  }
  return "";
}

/// Levels by epoch: all changes if they are few, else about eight.
std::vector<ExplainedLevel> schedule_rows(const SparsityParams& p) {
  std::map<int, double> levels;
  if (p.schedule == SparsitySchedule::kAdaptive) {
    AdaptiveLevel state = adaptive_start(p);
    const int last = final_sparsity_epoch(p);
    for (int epoch = 0; epoch <= last; ++epoch) {
      levels[epoch] = state.level;
      state = adaptive_next(p, state, 1);
    }
  } else if (p.schedule == SparsitySchedule::kMultistep) {
    levels[0] = sparsity_level(p, 0);
    for (const int step : p.multistep_steps)
      levels[step] = sparsity_level(p, step);
  } else {
    const int last = p.target_epoch;
    const int stride = std::max(1, static_cast<int>(std::ceil(last / 6.0)));
    for (int epoch = 0; epoch < last; epoch += stride)
      levels[epoch] = sparsity_level(p, epoch);
    levels[last] = p.target;
  }
  levels[p.freeze_epoch] = p.schedule == SparsitySchedule::kAdaptive
                               ? std::prev(levels.upper_bound(p.freeze_epoch))->second
                               : sparsity_level(p, p.freeze_epoch);
  std::vector<ExplainedLevel> rows;
  for (const auto& [epoch, level] : levels) {
    if (epoch > p.freeze_epoch)
      break;
    if (!rows.empty() && rows.back().level == level && epoch != p.freeze_epoch)
      continue;
    rows.push_back({epoch, level, epoch == p.freeze_epoch ? "masks stay as they are" : ""});
  }
  if (p.schedule == SparsitySchedule::kAdaptive)
    rows.front().note = "epochs are the earliest possible";
  return rows;
}

/// Settings that are stated and that this schedule does not read.
void note_unread(ExplainedAlgorithm& out, const SparsityParams& p, const Facts& facts) {
  using S = SparsitySchedule;
  const std::map<std::string, std::vector<S>> readers = {
      {"sparsity_target_epoch", {S::kExponential, S::kPolynomial}},
      {"power", {S::kPolynomial}},
      {"concave", {S::kPolynomial}},
      {"update_per_optimizer_step", {S::kPolynomial}},
      {"patience", {S::kAdaptive}},
      {"step", {S::kAdaptive}},
      {"eps", {S::kAdaptive}},
      {"multistep_steps", {S::kMultistep}},
      {"multistep_sparsity_levels", {S::kMultistep}}};
  std::string list;
  int count = 0;
  for (const auto& [setting, schedules] : readers) {
    if (facts.states("params." + setting) &&
        std::find(schedules.begin(), schedules.end(), p.schedule) == schedules.end()) {
      list += (list.empty() ? "" : ", ") + setting;
      ++count;
    }
  }
  if (count > 0) {
    out.notes.push_back(list + (count == 1 ? " has" : " have") +
                        " no effect with a schedule of the kind " +
                        name_in(kSparsitySchedules, p.schedule) + ".");
  }
}

void explain_params(ExplainedAlgorithm& out, const SparsityParams& p, LevelSetting setting,
                    const Facts& facts) {
  out.settings.push_back({"share counts",
                          setting == LevelSetting::kGlobal ? "over all weights together (global)"
                                                           : "in each layer by itself (local)",
                          !facts.states("params.sparsity_level_setting_mode")});
  out.settings.push_back({"schedule", schedule_words(p), !facts.states("params.schedule")});
  const bool multistep = p.schedule == SparsitySchedule::kMultistep;
  out.settings.push_back({"final share", percent(final_sparsity(p)),
                          !multistep && !facts.states("params.sparsity_target")});
  out.settings.push_back({"masks frozen", "from epoch " + std::to_string(p.freeze_epoch),
                          !facts.states("params.sparsity_freeze_epoch")});
  out.level_name = "zeros";
  out.schedule = schedule_rows(p);
  note_without_effect(out, facts, {"params.steps_per_epoch"},
                      "edgy finetune counts its own steps.");
  note_unread(out, p, facts);
}

}  // namespace

ExplainedAlgorithm explain_algorithm(const MagnitudeSparsity& algorithm, const Facts& facts) {
  ExplainedAlgorithm out;
  const std::string share = percent(final_sparsity(algorithm.params));
  out.summary = "The least important weights become zero, " + share +
                " of them in the end, while the others learn to make up for it.";
  out.settings.push_back({"importance",
                          algorithm.importance == WeightImportance::kAbs
                              ? "magnitude (abs)"
                              : "magnitude over the norm of the layer's weights (normed_abs)",
                          !facts.states("params.weight_importance")});
  explain_params(out, algorithm.params, algorithm.level_setting, facts);
  explain_batch_norm(out, algorithm.batch_norm_adaptation, facts);
  explain_scopes(out, algorithm.scopes, "convolutions and dense layers");
  out.convert = "zeroes " + share +
                " at once, in blocks of four input channels that the kernels can skip, and repairs "
                "the rest on calibration data without training.";
  out.finetune =
      "follows the schedule epoch by epoch, in blocks of four input channels (--sparsity-block 1 "
      "for "
      "single weights), makes up for each rise, then trains on at the last level; never worse on "
      "split dev than edgy convert.";
  return out;
}

ExplainedAlgorithm explain_algorithm(const RbSparsity& algorithm, const Facts& facts) {
  ExplainedAlgorithm out;
  const std::string share = percent(final_sparsity(algorithm.params));
  out.summary =
      "Every weight gets a mask bit that is drawn at random with a learned probability; a "
      "loss pulls the expected share of zeros to the schedule's level, " +
      share + " in the end. What is then more likely zero than not stays zero.";
  explain_params(out, algorithm.params, algorithm.level_setting, facts);
  out.settings.push_back({"learning rate",
                          "of masks: " + number(algorithm.lr_multiplier) + " x that of weights",
                          !facts.states("compression_lr_multiplier")});
  explain_scopes(out, algorithm.scopes, "convolutions and dense layers");
  out.convert = "zeroes " + share +
                " at once, chosen by measured damage where training would learn them, and repairs "
                "the rest on calibration data.";
  out.finetune =
      "learns the masks along the schedule, in blocks of four input channels, fits the weights, "
      "then "
      "trains on at the last level; never worse on split dev than edgy convert.";
  return out;
}

}  // namespace edgy::converter::nncf
