#include "converter/finetune/pace.h"

#include <algorithm>
#include <cmath>

#include "converter/finetune/network/optimizer.h"

namespace edgy::converter::finetune {
namespace {

constexpr double kCut = 1.0 / 3;

}  // namespace

Pace::Pace(const FinetuneOptions& options, int64_t steps, int64_t steps_per_epoch)
    : options_(options),
      steps_(steps),
      warm_up_(std::clamp<int64_t>(std::llround(options.warmup * static_cast<double>(steps)), 1,
                                   std::max<int64_t>(1, steps_per_epoch / 2))) {}

double Pace::rate(int64_t step) const {
  if (last_)
    return learning_rate_at(options_, step - begin_, steps_ - begin_) * std::pow(kCut, cuts_);
  const double risen = static_cast<double>(step - begin_ + 1) / static_cast<double>(warm_up_);
  return options_.learning_rate * std::min(1.0, risen);
}

void Pace::enter_last_stage(int64_t step) {
  last_ = true;
  begin_ = step;
}

Pace::Verdict Pace::after(int since_best) {
  if (!last_ || options_.patience <= 0 || since_best < options_.patience)
    return Verdict::kGoOn;
  return ++cuts_ > options_.rate_cuts ? Verdict::kStop : Verdict::kReturnToBest;
}

nlohmann::json Pace::to_json() const {
  return {{"begin", begin_}, {"last", last_}, {"cuts", cuts_}, {"seconds", seconds_}};
}

void Pace::restore_from(const nlohmann::json& state) {
  begin_ = state.at("begin");
  last_ = state.at("last");
  cuts_ = state.at("cuts");
  seconds_ = state.at("seconds");
}

}  // namespace edgy::converter::finetune
