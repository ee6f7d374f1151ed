// Dynamic loss scaling for 16-bit gradients (Micikevicius et al., arXiv:1710.03740).
#pragma once

#include <cstdint>

namespace edgy::converter::finetune {

/// The loss is multiplied by `scale` so that small gradients do not vanish in 16 bits. A step whose
/// gradients overflow is skipped and halves the scale; `growth_interval` good steps in a row double
/// it.
class LossScaler {
 public:
  struct State {
    double scale = 65536;
    int64_t good_steps = 0;  ///< since the scale last changed
    int64_t skipped = 0;
  };

  static constexpr double kLeast = 1;
  static constexpr double kMost = 16777216;  // 2^24, as Apex

  explicit LossScaler(double scale = 65536, int64_t growth_interval = 2000);

  double scale() const { return state_.scale; }
  /// Call with whether all gradients of a step are finite. True: take the step.
  bool update(bool finite);

  const State& state() const { return state_; }
  void restore(const State& state) { state_ = state; }

 private:
  State state_;
  int64_t growth_interval_;
};

}  // namespace edgy::converter::finetune
