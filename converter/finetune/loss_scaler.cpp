#include "converter/finetune/loss_scaler.h"

#include <algorithm>

namespace edgy::converter::finetune {

LossScaler::LossScaler(double scale, int64_t growth_interval) : growth_interval_(growth_interval) {
  state_.scale = std::clamp(scale, kLeast, kMost);
}

bool LossScaler::update(bool finite) {
  if (!finite) {
    state_.scale = std::max(state_.scale / 2, kLeast);
    state_.good_steps = 0;
    ++state_.skipped;
    return false;
  }
  if (++state_.good_steps >= growth_interval_) {
    state_.scale = std::min(state_.scale * 2, kMost);
    state_.good_steps = 0;
  }
  return true;
}

}  // namespace edgy::converter::finetune
