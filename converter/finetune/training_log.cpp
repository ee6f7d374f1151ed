#include "converter/finetune/training_log.h"

#include <algorithm>

namespace edgy::converter::finetune {
namespace {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

void TrainingLog::add_step(double loss, double learning_rate, double sparsity) {
  curve_.push_back({loss, learning_rate, sparsity});
}

void TrainingLog::save(Checkpoint& checkpoint) const {
  checkpoint.state["curve"] = curve_;
  for (const Judgement& judgement : judgements_)
    checkpoint.state["judgements"].push_back(finetune::to_json(judgement));
  if (conversion_)
    checkpoint.state["conversion"] = finetune::to_json(*conversion_);
}

void TrainingLog::restore_from(const Checkpoint& checkpoint) {
  const nlohmann::json& state = checkpoint.state;
  curve_ = state.at("curve").get<std::vector<std::array<double, 3>>>();
  judgements_.clear();
  for (const auto& judgement : state.value("judgements", nlohmann::json::array()))
    judgements_.push_back(judgement_from(judgement));
  conversion_.reset();
  if (state.contains("conversion"))
    conversion_ = judgement_from(state.at("conversion"));
}

nlohmann::ordered_json TrainingLog::to_json(const Network& student) const {
  nlohmann::ordered_json log;
  for (const auto& [loss, rate, sparsity] : curve_) {
    log["loss"].push_back(loss);
    log["learning_rate"].push_back(rate);
    log["sparsity"].push_back(sparsity);
  }
  for (const Judgement& judgement : judgements_)
    log["dev"].push_back(nlohmann::ordered_json(finetune::to_json(judgement)));
  if (conversion_)
    log["conversion"] = nlohmann::ordered_json(finetune::to_json(*conversion_));
  if (!step_seconds_.empty())
    log["median_step_seconds"] = median(step_seconds_);
  for (const Layer& layer : student.layers()) {
    const int64_t weights = layer.weight.numel();
    const int64_t kept =
        layer.mask.defined() ? layer.mask.count_nonzero().item<int64_t>() : weights;
    log["layers"].push_back(
        {{"layer", layer.operator_name},
         {"weights", weights},
         {"zeros", 1 - static_cast<double>(kept) / static_cast<double>(weights)},
         {"bits", layer.bits > 0 ? layer.bits : 32}});
  }
  return log;
}

}  // namespace edgy::converter::finetune
