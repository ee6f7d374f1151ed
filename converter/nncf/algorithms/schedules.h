// Levels of compression over epochs: pure functions of the configuration, epoch and step.
#pragma once

#include "converter/nncf/file/config.h"

namespace edgy::converter::nncf {

/// Share of zeros in force during epoch `epoch` (from 0) before optimizer step `step` (from 0) of
/// `steps_per_epoch`. The step counts only for a polynomial schedule that updates per step. For
/// kAdaptive, which depends on the course of training, the level it starts with: see
/// AdaptiveLevel. Never decreases with epoch while levels and targets do not.
double sparsity_level(const SparsityParams& params, int epoch, int step = 0,
                      int steps_per_epoch = 1);

/// The share of zeros that the schedule ends with.
double final_sparsity(const SparsityParams& params);

/// The first epoch of the final level. For kAdaptive the earliest possible one.
int final_sparsity_epoch(const SparsityParams& params);

/// True when masks no longer change.
inline bool sparsity_frozen(const SparsityParams& params, int epoch) {
  return epoch >= params.freeze_epoch;
}

/// State of an adaptive schedule.
struct AdaptiveLevel {
  double level = 0;
  int reached_epochs = 0;  ///< since the last step up: epochs in which the model was at the level
};

AdaptiveLevel adaptive_start(const SparsityParams& params);

/// The state for the next epoch, when the model's sparsity at the end of this one is `sparsity`: an
/// epoch counts when that is at least level - eps; after `patience` of them the level rises by
/// `step`, to the target at most.
AdaptiveLevel adaptive_next(const SparsityParams& params, AdaptiveLevel state, double sparsity);

/// Share of filters pruned during `epoch`: 0 in warm-up.
double pruning_level(const FilterPruning& pruning, int epoch);

/// The first epoch at the target.
int final_pruning_epoch(const FilterPruning& pruning);

}  // namespace edgy::converter::nncf
