#include "converter/finetune/masks/mask_schedule.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "converter/nncf/algorithms/schedules.h"
#include "converter/nncf/file/scopes.h"

namespace edgy::converter::finetune {
namespace {

std::vector<bool> layers_in(const nncf::Scopes& scopes, const Network& network) {
  std::vector<bool> in;
  for (const Layer& layer : network.layers())
    in.push_back(nncf::in_scope(scopes, layer.operator_name));
  return in;
}

}  // namespace

MaskSchedule::MaskSchedule(Network& network, const CompressionPlan& plan,
                           const FinetuneOptions& options, InputPower power)
    : network_(&network), plan_(plan), options_(options), power_(std::move(power)) {
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

void MaskSchedule::before_step(const Moment& now) {
  if (rb_) {
    if (nncf::sparsity_frozen(plan_.rb->params, now.epoch())) {
      settle(now);
    } else {
      rb_->draw(options_.seed, now.step);
    }
    return;
  }
  if (plan_.magnitude) {
    const auto& params = plan_.magnitude->params;
    // The epoch that freezes the masks may bring the last level: they follow once more, at its
    // start.
    const bool starts = now.step_in_epoch() == 0;
    const bool frozen = nncf::sparsity_frozen(params, now.epoch());
    if (frozen ? starts && now.epoch() == params.freeze_epoch
               : starts || params.update_per_optimizer_step)
      set_masks(*network_, level(now), masks_, power_);
    return;
  }
  if (options_.sparsity <= 0)
    return;
  // Choosing costs a sort of all weights: some fifty times in the ramp are enough.
  const auto ramp =
      static_cast<int64_t>(options_.sparsity_ramp * static_cast<double>(now.steps)) + 1;
  const int64_t interval = std::max<int64_t>(1, ramp / 50);
  if (now.step == ramp || (now.step < ramp && now.step % interval == 0))
    set_masks(*network_, level(now), masks_, power_);
}

torch::Tensor MaskSchedule::loss(const Moment& now) const {
  return rb_ ? rb_->loss(level(now)) : torch::Tensor();
}

void MaskSchedule::settle(const Moment& now) {
  if (rb_)
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
