#include "converter/finetune/masks/mask_schedule.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "converter/nncf/algorithms/schedules.h"
#include "converter/nncf/file/scopes.h"

namespace edgy::converter::finetune {
namespace {

/// Epochs in which scores of rb_sparsity follow the last level before masks are fixed.
constexpr int64_t kScoreEpochs = 2;

std::vector<bool> layers_in(const nncf::Scopes& scopes, const Network& network) {
  std::vector<bool> in;
  for (const Layer& layer : network.layers())
    in.push_back(nncf::in_scope(scopes, layer.operator_name));
  return in;
}

}  // namespace

MaskSchedule::MaskSchedule(Network& network, const CompressionPlan& plan,
                           const FinetuneOptions& options, InputPower power, const Repair* repair,
                           std::vector<double> converted)
    : network_(&network),
      plan_(plan),
      options_(options),
      power_(std::move(power)),
      repair_(repair),
      converted_(std::move(converted)) {
  masks_.block = options.sparsity_block;
  if (plan_.magnitude) {
    masks_.importance = plan_.magnitude->importance == nncf::WeightImportance::kAbs
                            ? Importance::kMagnitude
                            : Importance::kNormedMagnitude;
    masks_.global = plan_.magnitude->level_setting == nncf::LevelSetting::kGlobal;
    masks_.prunable = layers_in(plan_.magnitude->scopes, network);
  }
  if (plan_.rb) {
    rb_ = std::make_unique<RbMasks>(network, layers_in(plan_.rb->scopes, network), masks_.block,
                                    nncf::sparsity_level(plan_.rb->params, 0));
  }
  if (plan_.constant) {
    const std::vector<bool> in = layers_in(plan_.constant->scopes, network);
    for (std::size_t i = 0; i < in.size(); ++i) {
      Layer& layer = network.layers()[i];
      if (in[i])
        layer.mask = layer.weight.detach().ne(0).to(torch::kFloat);
    }
  }
}

std::vector<Parameter> MaskSchedule::parameters() const {
  return rb_ ? rb_->parameters(plan_.rb->lr_multiplier) : std::vector<Parameter>();
}

double MaskSchedule::level(const Moment& now) const {
  const auto scheduled = [&](const nncf::SparsityParams& params) {
    return nncf::sparsity_level(params, now.epoch(), now.step_in_epoch(),
                                static_cast<int>(now.steps_per_epoch));
  };
  if (plan_.magnitude)
    return scheduled(plan_.magnitude->params);
  if (plan_.rb)
    return scheduled(plan_.rb->params);
  const double ramp = std::max(1.0, options_.sparsity_ramp * static_cast<double>(now.steps));
  const double left = std::max(0.0, 1 - static_cast<double>(now.step) / ramp);
  return options_.sparsity * (1 - left * left * left);
}

void MaskSchedule::tighten(double level, RepairEffort effort) {
  const double last = final_level();
  if (!may_repair() || converted_.empty() || last <= 0) {
    set_masks(*network_, level, masks_, power_);
    return;
  }
  std::vector<double> zeros;
  for (const double share : converted_)
    zeros.push_back(share * level / last);
  repair_->choose_masks(*network_, zeros, masks_.block, effort);
}

bool MaskSchedule::before_step(const Moment& now) {
  if (frozen_)
    return false;
  if (rb_) {
    if (nncf::sparsity_frozen(plan_.rb->params, now.epoch())) {
      settle(now);
    } else {
      rb_->draw(options_.seed, now.step);
    }
    return false;
  }
  if (plan_.magnitude) {
    const auto& params = plan_.magnitude->params;
    // The epoch that freezes the masks may bring the last level: they follow once more, at its
    // start.
    const bool starts = now.step_in_epoch() == 0;
    const bool is_last = nncf::sparsity_frozen(params, now.epoch());
    if (is_last && !(starts && now.epoch() == params.freeze_epoch))
      return false;
    if (!starts && !params.update_per_optimizer_step)
      return false;
    // A repair takes as long as many steps: once an epoch, and only where more has to go.
    if (starts && may_repair()) {
      const Moment before{now.step - 1, now.steps, now.steps_per_epoch};
      if (level(now) <= (now.step > 0 ? level(before) : 0))
        return false;
      tighten(level(now), RepairEffort::kQuick);
      return true;
    }
    if (!may_repair())
      set_masks(*network_, level(now), masks_, power_);
    return false;
  }
  if (options_.sparsity <= 0)
    return false;
  // Choosing costs a sort of all weights, or a repair.
  const int64_t times = may_repair() ? 8 : 50;
  const auto ramp =
      static_cast<int64_t>(options_.sparsity_ramp * static_cast<double>(now.steps)) + 1;
  const int64_t interval = std::max<int64_t>(1, ramp / times);
  if (now.step != ramp && (now.step > ramp || now.step % interval != 0))
    return false;
  tighten(level(now), RepairEffort::kQuick);
  return may_repair();
}

double MaskSchedule::final_level() const {
  if (plan_.magnitude)
    return nncf::final_sparsity(plan_.magnitude->params);
  if (plan_.rb)
    return nncf::final_sparsity(plan_.rb->params);
  return options_.sparsity;
}

int64_t MaskSchedule::last_stage(int64_t steps, int64_t steps_per_epoch) const {
  if (!chooses())
    return 0;
  if (!plan_.magnitude && !plan_.rb)
    return static_cast<int64_t>(options_.sparsity_ramp * static_cast<double>(steps)) + 1;
  int64_t epoch = 0;
  while (epoch * steps_per_epoch < steps &&
         level({epoch * steps_per_epoch, steps, steps_per_epoch}) < final_level() - 1e-9)
    ++epoch;
  if (level({epoch * steps_per_epoch, steps, steps_per_epoch}) < final_level() - 1e-9)
    return steps + 1;
  if (plan_.rb) {
    // Scores follow the last level for a while; where masks freeze there is nothing to follow.
    const int64_t freezes = std::max<int64_t>(plan_.rb->params.freeze_epoch, epoch);
    epoch = std::min(epoch + kScoreEpochs, freezes);
  }
  return epoch * steps_per_epoch;
}

void MaskSchedule::finish() {
  if (rb_) {
    rb_->fix(final_level(), plan_.rb->level_setting == nncf::LevelSetting::kGlobal);
    if (may_repair())
      repair_->fit(*network_, masks_.block, RepairEffort::kThorough);
  } else if (chooses()) {
    tighten(final_level(), RepairEffort::kThorough);
  }
  freeze();
}

torch::Tensor MaskSchedule::loss(const Moment& now) const {
  return rb_ && !frozen_ ? rb_->loss(level(now)) : torch::Tensor();
}

void MaskSchedule::settle(const Moment& now) {
  if (rb_ && !frozen_)
    rb_->fix(level(now), plan_.rb->level_setting == nncf::LevelSetting::kGlobal);
}

bool MaskSchedule::complete(const Moment& now) const {
  if (plan_.magnitude) {
    // Masks are those of the step before: none yet before the first.
    const double set = now.step > 0 ? level({now.step - 1, now.steps, now.steps_per_epoch}) : 0;
    return set >= nncf::final_sparsity(plan_.magnitude->params) - 1e-9;
  }
  if (plan_.rb)
    return level(now) >= nncf::final_sparsity(plan_.rb->params) - 1e-9;
  return options_.sparsity <= 0 || static_cast<double>(now.step) >
                                       options_.sparsity_ramp * static_cast<double>(now.steps) + 1;
}

}  // namespace edgy::converter::finetune
