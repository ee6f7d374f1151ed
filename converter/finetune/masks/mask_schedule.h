// Zeros over the course of training, as the options or an NNCF configuration ask for them.
#pragma once

#include <memory>
#include <vector>

#include "converter/finetune/masks/nncf_plan.h"
#include "converter/finetune/masks/rb_masks.h"
#include "converter/finetune/masks/repair.h"
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
  /// `repair`: makes up for zeros as they come; null: nothing does. With it, `converted` says the
  /// share of zeros that conversion without training found best for each layer; while levels rise
  /// all shares rise alike.
  MaskSchedule(Network& network, const CompressionPlan& plan, const FinetuneOptions& options,
               InputPower power, const Repair* repair = nullptr,
               std::vector<double> converted = {});

  /// Parameters that train beside weights.
  std::vector<Parameter> parameters() const;
  /// Sets the masks that hold during the step at `now`. True when weights were repaired.
  bool before_step(const Moment& now);
  /// What the masks add to the loss; undefined: nothing.
  torch::Tensor loss(const Moment& now) const;
  /// Masks without chance in them, as they would be exported at `now`: for judging and at the end.
  void settle(const Moment& now);
  /// Whether the zeros asked for are reached at `now`.
  bool complete(const Moment& now) const;

  /// Whether training is to choose zeros at all.
  bool chooses() const { return final_level() > 0; }
  /// The share of zeros to end with.
  double final_level() const;
  /// The first step that trains under the final masks: 0 where there are none to choose, more
  /// than `steps` where the schedule does not get there.
  int64_t last_stage(int64_t steps, int64_t steps_per_epoch) const;
  /// Sets the final masks, whatever the schedule says, and makes up for them as well as can be.
  void finish();
  /// Leaves all masks as they are from now on.
  void freeze() { frozen_ = true; }

 private:
  double level(const Moment& now) const;
  bool may_repair() const { return repair_ != nullptr; }
  void tighten(double level, RepairEffort effort);

  Network* network_;
  CompressionPlan plan_;
  FinetuneOptions options_;
  InputPower power_;
  MaskOptions masks_;
  std::unique_ptr<RbMasks> rb_;
  const Repair* repair_;
  std::vector<double> converted_;
  bool frozen_ = false;
};

}  // namespace edgy::converter::finetune
