// Settings of filter_pruning.
#pragma once

#include "converter/nncf/file/describe.h"

namespace edgy::converter::nncf {

inline const Names<PruningSchedule> kPruningSchedules = {
    {"exponential", PruningSchedule::kExponential},
    {"exponential_with_bias", PruningSchedule::kExponentialWithBias},
    {"baseline", PruningSchedule::kBaseline}};
inline const Names<FilterNorm> kFilterNorms = {{"L1", FilterNorm::kL1},
                                               {"L2", FilterNorm::kL2},
                                               {"geometric_median", FilterNorm::kGeometricMedian},
                                               {"Geometric Median", FilterNorm::kGeometricMedian}};

template <typename Visitor>
void describe(Visitor& v, FilterPruning& algorithm) {
  constexpr const char* kInit = "Share of filters pruned first.";
  constexpr const char* kRanking =
      "filters are ranked by their importance, not by learned ranks (LeGR).";
  describe_initializer(v, algorithm.batch_norm_adaptation);
  v.object("params", "The schedule, and what is pruned.", [&](auto& p) {
    p.choice("schedule", algorithm.schedule, kPruningSchedules, "How the share of filters grows.");
    p.number("pruning_init", algorithm.init, kLevel, kInit);
    p.number("pruning_target", algorithm.target, kLevel, "Share of filters pruned in the end.");
    p.number("pruning_flops_target", algorithm.flops_target, kLevel,
             "Share of multiplications saved in the end, instead of a share of filters.");
    p.number("num_init_steps", algorithm.warmup_epochs, kAtLeast0,
             "Epochs before anything is pruned.");
    p.number("pruning_steps", algorithm.pruning_epochs, kAtLeast1,
             "Epochs in which the share grows.");
    p.choice({"filter_importance", {"weight_importance"}}, algorithm.importance, kFilterNorms,
             "Which filters go first: least norm, or most like the others.");
    p.boolean("all_weights", algorithm.all_weights, "Filters of all layers compete.");
    p.boolean("prune_first_conv", algorithm.prune_first_conv,
              "Also convolutions that read the model's input.");
    p.boolean("prune_last_conv", algorithm.prune_last_conv,
              "Also convolutions before the model's output.");
    p.boolean("prune_downsample_convs", algorithm.prune_downsample_convs,
              "Also convolutions with a stride above 1.");
    p.boolean("prune_batch_norms", algorithm.prune_batch_norms,
              "Zero the batch normalization of a pruned filter.");
    p.boolean("zero_grad", algorithm.zero_grad, "Pruned filters get no gradient.");
    p.unused({"interlayer_ranking_type", "legr_params", "save_ranking_coeffs_path",
              "load_ranking_coeffs_path"},
             kRanking);
  });
  v.number("pruning_init", algorithm.init, kLevel, kInit);
  describe(v, algorithm.scopes);
}

}  // namespace edgy::converter::nncf
