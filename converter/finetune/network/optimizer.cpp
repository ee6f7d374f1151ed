#include "converter/finetune/network/optimizer.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace edgy::converter::finetune {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.99;  // distillation runs are short: an average over a hundred steps
constexpr double kEpsilon = 1e-8;

}  // namespace

Optimizer::Optimizer(std::vector<Parameter> parameters, const FinetuneOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
  for (Parameter& parameter : parameters_) {
    parameter.value.set_requires_grad(true);
    first_.push_back(torch::zeros_like(parameter.value).detach());
    if (options_.optimizer == OptimizerKind::kAdam)
      second_.push_back(torch::zeros_like(parameter.value).detach());
  }
}

double Optimizer::gradient_norm(double inverse_scale) const {
  double power = 0;
  for (const Parameter& parameter : parameters_) {
    if (parameter.value.grad().defined()) {
      const double norm = parameter.value.grad().norm().item<double>();
      power += norm * norm;
    }
  }
  return std::sqrt(power) * inverse_scale;
}

void Optimizer::step(double learning_rate, double inverse_scale) {
  torch::NoGradGuard no_grad;
  double scale = inverse_scale;
  if (options_.gradient_clip > 0) {
    const double norm = gradient_norm(inverse_scale);
    if (norm > options_.gradient_clip)
      scale *= options_.gradient_clip / norm;
  }
  ++steps_;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& parameter = parameters_[i];
    if (!parameter.value.grad().defined())
      continue;
    torch::Tensor value = parameter.value;
    const double rate = learning_rate * parameter.rate;
    if (parameter.decays && options_.weight_decay > 0)
      value.mul_(1 - rate * options_.weight_decay);
    const torch::Tensor gradient = value.grad().mul_(scale);
    if (options_.optimizer == OptimizerKind::kSgd) {
      first_[i].mul_(options_.momentum).add_(gradient);
      value.add_(first_[i], -rate);
      continue;
    }
    first_[i].mul_(kBeta1).add_(gradient, 1 - kBeta1);
    second_[i].mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
    const double bias1 = 1 - std::pow(kBeta1, static_cast<double>(steps_));
    const double bias2 = 1 - std::pow(kBeta2, static_cast<double>(steps_));
    const torch::Tensor deviation = second_[i].sqrt().div_(std::sqrt(bias2)).add_(kEpsilon);
    value.addcdiv_(first_[i], deviation, -rate / bias1);
  }
  clear_gradients();
}

void Optimizer::clear_gradients() {
  for (Parameter& parameter : parameters_)
    parameter.value.mutable_grad() = torch::Tensor();
}

void Optimizer::forget() {
  torch::NoGradGuard no_grad;
  for (torch::Tensor& moment : first_)
    moment.zero_();
  for (torch::Tensor& moment : second_)
    moment.zero_();
  steps_ = 0;
  clear_gradients();
}

std::map<std::string, torch::Tensor> Optimizer::state() const {
  std::map<std::string, torch::Tensor> tensors;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    tensors[parameters_[i].name + ".first"] = first_[i];
    if (i < second_.size())
      tensors[parameters_[i].name + ".second"] = second_[i];
  }
  return tensors;
}

double learning_rate_at(const FinetuneOptions& options, int64_t step, int64_t steps) {
  const double done =
      (static_cast<double>(step) + 0.5) / static_cast<double>(std::max<int64_t>(steps, 1));
  if (done < options.warmup)
    return options.learning_rate * done / options.warmup;
  const double along = (done - options.warmup) / std::max(1 - options.warmup, 1e-9);
  const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * std::min(along, 1.0)));
  return options.learning_rate *
         (options.final_learning_rate + (1 - options.final_learning_rate) * cosine);
}

}  // namespace edgy::converter::finetune
