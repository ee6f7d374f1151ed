// Settings of magnitude_sparsity and rb_sparsity.
#pragma once

#include "converter/nncf/file/describe.h"

namespace edgy::converter::nncf {

inline const Names<SparsitySchedule> kSparsitySchedules = {
    {"polynomial", SparsitySchedule::kPolynomial},
    {"exponential", SparsitySchedule::kExponential},
    {"adaptive", SparsitySchedule::kAdaptive},
    {"multistep", SparsitySchedule::kMultistep}};
inline const Names<WeightImportance> kWeightImportances = {
    {"abs", WeightImportance::kAbs}, {"normed_abs", WeightImportance::kNormedAbs}};
inline const Names<LevelSetting> kLevelSettings = {{"global", LevelSetting::kGlobal},
                                                   {"local", LevelSetting::kLocal}};

/// "params", and "sparsity_init", which has lived in and beside it.
template <typename Visitor, typename More>
void describe_sparsity(Visitor& v, SparsityParams& params, LevelSetting& setting, More more) {
  constexpr const char* kInit = "Share of zeros to begin with.";
  v.object("params", "The schedule.", [&](auto& p) {
    p.choice("schedule", params.schedule, kSparsitySchedules, "How the share of zeros grows.");
    p.number("sparsity_init", params.init, kLevel, kInit);
    p.number("sparsity_target", params.target, kLevel, "Share of zeros to end with.");
    p.number({"sparsity_target_epoch", {"sparsity_steps"}}, params.target_epoch, kAtLeast0,
             "First epoch with the final share (exponential, polynomial).");
    p.number({"sparsity_freeze_epoch", {"sparsity_training_steps"}}, params.freeze_epoch, kAtLeast0,
             "From this epoch on masks stay as they are.");
    p.boolean("update_per_optimizer_step", params.update_per_optimizer_step,
              "Polynomial: the share grows with every step, not only between epochs.");
    p.number("steps_per_epoch", params.steps_per_epoch, kAtLeast0, "Optimizer steps in an epoch.");
    p.number("power", params.power, kPositive, "Exponent of the polynomial schedule.");
    p.boolean("concave", params.concave, "Polynomial: which side the curve bends to.");
    p.number("patience", params.patience, kAtLeast1,
             "Adaptive: epochs at a share before the next step up.");
    p.number("step", params.step, {0, 1, true}, "Adaptive: height of a step.");
    p.number("eps", params.eps, kLevel, "Adaptive: a share counts as reached from this far below.");
    p.numbers("multistep_steps", params.multistep_steps, kAtLeast0,
              "Multistep: epochs at which the share changes.");
    p.numbers("multistep_sparsity_levels", params.multistep_levels, kLevel,
              "Multistep: shares, the first from epoch 0 on; one more than steps.");
    p.choice("sparsity_level_setting_mode", setting, kLevelSettings,
             "global: one share for all weights together; local: for each layer.");
    more(p);
  });
  v.number("sparsity_init", params.init, kLevel, kInit);
}

template <typename Visitor>
void describe(Visitor& v, MagnitudeSparsity& algorithm) {
  describe_initializer(v, algorithm.batch_norm_adaptation);
  describe_sparsity(v, algorithm.params, algorithm.level_setting, [&](auto& p) {
    p.choice("weight_importance", algorithm.importance, kWeightImportances,
             "abs: magnitude; normed_abs: magnitude over the norm of the layer.");
  });
  describe(v, algorithm.scopes);
}

template <typename Visitor>
void describe(Visitor& v, RbSparsity& algorithm) {
  describe_sparsity(v, algorithm.params, algorithm.level_setting, [](auto&) {});
  v.number("compression_lr_multiplier", algorithm.lr_multiplier, kPositive,
           "Of the learning rate of mask parameters.");
  describe(v, algorithm.scopes);
}

}  // namespace edgy::converter::nncf
