// How fast training goes, and when it has gone far enough.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

#include "converter/finetune/settings/options.h"

namespace edgy::converter::finetune {

/// The learning rate over the stages of training, and its end. While a schedule tightens, the rate
/// rises anew after each repair and stays. The last stage has a warm-up of its own, falls along a
/// cosine over the steps that are left, and to a third whenever patience ends.
class Pace {
 public:
  Pace(const FinetuneOptions& options, int64_t steps, int64_t steps_per_epoch);

  double rate(int64_t step) const;

  /// Weights were set by other means than training before step `step`.
  void restart(int64_t step) { begin_ = step; }
  void enter_last_stage(int64_t step);
  bool in_last_stage() const { return last_; }

  enum class Verdict { kGoOn, kReturnToBest, kStop };
  /// After a judgement, the `since_best`-th in a row that was no better.
  Verdict after(int since_best);

  void add_seconds(double seconds) { seconds_ += seconds; }
  /// Whether half the time is over, which is for the way to the last stage, or all of it.
  bool half_over() const { return options_.minutes > 0 && seconds_ >= 30 * options_.minutes; }
  bool over() const { return options_.minutes > 0 && seconds_ >= 60 * options_.minutes; }

  nlohmann::json to_json() const;
  void restore_from(const nlohmann::json& state);

 private:
  FinetuneOptions options_;
  int64_t steps_;
  int64_t warm_up_;  ///< steps
  int64_t begin_ = 0;
  bool last_ = false;
  int cuts_ = 0;
  double seconds_ = 0;
};

}  // namespace edgy::converter::finetune
