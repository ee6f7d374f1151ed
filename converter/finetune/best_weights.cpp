#include "converter/finetune/best_weights.h"

#include <torch/utils.h>

namespace edgy::converter::finetune {

using torch::Tensor;

std::string mask_name(std::size_t layer) {
  return "layer." + std::to_string(layer) + ".mask";
}

std::string scale_name(std::size_t layer) {
  return "layer." + std::to_string(layer) + ".scale";
}

void restore_scale(const Checkpoint& checkpoint, const std::string& name, const Layer& layer,
                   Tensor& scale) {
  scale = Tensor();
  if (!checkpoint.tensors.contains(name))
    return;
  scale = torch::empty({layer.weight.size(0)}, torch::kFloat);
  restore(checkpoint, name, scale);
}

void restore_mask(const Checkpoint& checkpoint, const std::string& name, const Layer& layer,
                  Tensor& mask) {
  if (!checkpoint.tensors.contains(name))
    return;
  mask = torch::ones_like(layer.weight).detach();
  restore(checkpoint, name, mask);
}

BestWeights::BestWeights(const std::vector<Parameter>& parameters, const Network& student) {
  for (const Parameter& parameter : parameters)
    weights_.push_back(parameter.value.detach().clone());
  for (const Layer& layer : student.layers()) {
    masks_.push_back(layer.mask.defined() ? layer.mask.detach().clone() : Tensor());
    scales_.push_back(layer.scale);
  }
}

void BestWeights::consider(double merit, int64_t step, const std::vector<Parameter>& parameters,
                           const Network& student) {
  if (step_ >= 0 && merit <= merit_) {
    ++judgements_since_;
    return;
  }
  merit_ = merit;
  step_ = step;
  judgements_since_ = 0;
  torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < weights_.size(); ++i)
    weights_[i].copy_(parameters[i].value);
  for (std::size_t i = 0; i < masks_.size(); ++i) {
    const Tensor& mask = student.layers()[i].mask;
    masks_[i] = mask.defined() ? mask.detach().clone() : Tensor();
    scales_[i] = student.layers()[i].scale;  // replaced where it changes, never written to
  }
}

void BestWeights::put_back(const std::vector<Parameter>& parameters, Network& student) const {
  if (step_ < 0)
    return;
  torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    Tensor value = parameters[i].value;
    value.copy_(weights_[i]);
  }
  for (std::size_t i = 0; i < masks_.size(); ++i) {
    student.layers()[i].mask = masks_[i];
    student.layers()[i].scale = scales_[i];
  }
}

void BestWeights::save(Checkpoint& checkpoint, const std::vector<Parameter>& parameters) const {
  for (std::size_t i = 0; i < weights_.size(); ++i)
    checkpoint.tensors[parameters[i].name + ".best"] = weights_[i];
  for (std::size_t i = 0; i < masks_.size(); ++i) {
    if (masks_[i].defined())
      checkpoint.tensors[mask_name(i) + ".best"] = masks_[i];
    if (scales_[i].defined())
      checkpoint.tensors[scale_name(i) + ".best"] = scales_[i];
  }
  checkpoint.state["best_step"] = step_;
  checkpoint.state["best_merit"] = merit_;
  checkpoint.state["since_best"] = judgements_since_;
}

void BestWeights::restore_from(const Checkpoint& checkpoint,
                               const std::vector<Parameter>& parameters, const Network& student) {
  for (std::size_t i = 0; i < weights_.size(); ++i)
    restore(checkpoint, parameters[i].name + ".best", weights_[i]);
  for (std::size_t i = 0; i < masks_.size(); ++i) {
    const Layer& layer = student.layers()[i];
    restore_mask(checkpoint, mask_name(i) + ".best", layer, masks_[i]);
    restore_scale(checkpoint, scale_name(i) + ".best", layer, scales_[i]);
  }
  step_ = checkpoint.state.at("best_step");
  merit_ = checkpoint.state.at("best_merit");
  judgements_since_ = checkpoint.state.at("since_best");
}

}  // namespace edgy::converter::finetune
