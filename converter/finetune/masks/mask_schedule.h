// Zeros over the course of training, as the options or an NNCF configuration ask for them.
#pragma once

#include <memory>
#include <vector>

#include "converter/finetune/masks/nncf_plan.h"
#include "converter/finetune/masks/rb_masks.h"
#include "converter/finetune/masks/sparsity.h"

namespace edgy::converter::finetune {

/// Where training stands.
struct Moment {
  int64_t step = 0;
  int64_t steps = 0;
  int64_t steps_per_epoch = 0;

  int epoch() const { return static_cast<int>(step / steps_per_epoch); }
  int step_in_epoch() const { return static_cast<int>(step % steps_per_epoch); }
};

class MaskSchedule {
 public:
  MaskSchedule(Network& network, const CompressionPlan& plan, const FinetuneOptions& options,
               InputPower power);

  /// Parameters that train beside weights.
  std::vector<Parameter> parameters() const;
  /// Sets the masks that hold during the step at `now`.
  void before_step(const Moment& now);
  /// What the masks add to the loss; undefined: nothing.
  torch::Tensor loss(const Moment& now) const;
  /// Masks without chance in them, as they would be exported at `now`: for judging and at the end.
  void settle(const Moment& now);
  /// Whether the zeros asked for are reached at `now`.
  bool complete(const Moment& now) const;

 private:
  double level(const Moment& now) const;

  Network* network_;
  CompressionPlan plan_;
  FinetuneOptions options_;
  InputPower power_;
  MaskOptions masks_;
  std::unique_ptr<RbMasks> rb_;
};

}  // namespace edgy::converter::finetune
