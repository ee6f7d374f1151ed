#include "converter/nncf/algorithms/schedules.h"

#include <algorithm>
#include <cmath>

namespace edgy::converter::nncf {
namespace {

/// From `initial` at 0 by equal factors to `target` at `epochs`, then constant.
double exponential(double initial, double target, double epoch, double epochs) {
  if (epoch >= epochs)
    return target;
  return initial * std::pow(target / initial, epoch / epochs);
}

double polynomial(const SparsityParams& params, double epoch) {
  if (epoch >= params.target_epoch)
    return params.target;
  const double progress = epoch / params.target_epoch;
  const double rise = params.target - params.init;
  return params.concave ? params.init + rise * std::pow(progress, params.power)
                        : params.target - rise * std::pow(1 - progress, params.power);
}

double multistep(const SparsityParams& params, int epoch) {
  const auto& steps = params.multistep_steps;
  const auto passed = std::upper_bound(steps.begin(), steps.end(), epoch) - steps.begin();
  return params.multistep_levels[static_cast<std::size_t>(passed)];
}

/// P = a * exp(-k * epoch) + b with P(0) = init, P(E / 8) = 3/4 target, P(E) = target. With
/// y = exp(k * E / 8) that is (3/4 target - init) (1 - y^-8) = (target - init) (1 - 1/y), y > 1.
/// Above 5/7 target at the start no such curve exists; a straight line is taken.
double exponential_with_bias(double init, double target, double epoch, double epochs) {
  const double early = 0.75 * target - init;
  const double whole = target - init;
  if (init * 7 >= target * 5)
    return init + whole * epoch / epochs;
  double low = 1;  // the left side is greater here, the right one at `high`
  double high = 1e6;
  for (int i = 0; i < 200; ++i) {
    const double y = (low + high) / 2;
    (early * (1 - std::pow(y, -8)) > whole * (1 - 1 / y) ? low : high) = y;
  }
  const double k = 8 * std::log(low) / epochs;
  const double a = early / (1 / low - 1);
  return a * std::exp(-k * epoch) + init - a;
}

}  // namespace

double sparsity_level(const SparsityParams& params, int epoch, int step, int steps_per_epoch) {
  epoch = std::max(epoch, 0);
  switch (params.schedule) {
    case SparsitySchedule::kPolynomial:
      return polynomial(params,
                        epoch + (params.update_per_optimizer_step
                                     ? static_cast<double>(step) / std::max(steps_per_epoch, 1)
                                     : 0.0));
    case SparsitySchedule::kExponential:
      return 1 - exponential(1 - params.init, 1 - params.target, epoch, params.target_epoch);
    case SparsitySchedule::kMultistep:
      return multistep(params, epoch);
    case SparsitySchedule::kAdaptive:
      break;
  }
  return params.init;
}

double final_sparsity(const SparsityParams& params) {
  return params.schedule == SparsitySchedule::kMultistep ? params.multistep_levels.back()
                                                         : params.target;
}

int final_sparsity_epoch(const SparsityParams& params) {
  switch (params.schedule) {
    case SparsitySchedule::kMultistep:
      return params.multistep_steps.back();
    case SparsitySchedule::kAdaptive:
      // A little less than a whole step is a step, too; the slack is for rounding.
      return params.patience *
             static_cast<int>(std::ceil((params.target - params.init) / params.step - 1e-9));
    case SparsitySchedule::kPolynomial:
    case SparsitySchedule::kExponential:
      break;
  }
  return params.target_epoch;
}

AdaptiveLevel adaptive_start(const SparsityParams& params) {
  return {params.init, 0};
}

AdaptiveLevel adaptive_next(const SparsityParams& params, AdaptiveLevel state, double sparsity) {
  if (sparsity >= state.level - params.eps)
    ++state.reached_epochs;
  if (state.reached_epochs >= params.patience) {
    state.reached_epochs = 0;
    state.level = std::min(state.level + params.step, params.target);
  }
  return state;
}

double pruning_level(const FilterPruning& pruning, int epoch) {
  if (epoch < pruning.warmup_epochs)
    return 0;
  const double target = pruning.flops_target.value_or(pruning.target);
  const double since = epoch - pruning.warmup_epochs;
  if (pruning.schedule == PruningSchedule::kBaseline || since >= pruning.pruning_epochs)
    return target;
  const double epochs = pruning.pruning_epochs;
  const double level = pruning.schedule == PruningSchedule::kExponential
                           ? 1 - exponential(1 - pruning.init, 1 - target, since, epochs)
                           : exponential_with_bias(pruning.init, target, since, epochs);
  return std::min(level, target);
}

int final_pruning_epoch(const FilterPruning& pruning) {
  return pruning.warmup_epochs +
         (pruning.schedule == PruningSchedule::kBaseline ? 0 : pruning.pruning_epochs);
}

}  // namespace edgy::converter::nncf
