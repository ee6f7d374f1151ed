// First-order optimizers with their state in plain sight, so that a checkpoint can hold it.
#pragma once

#include <torch/types.h>

#include <map>
#include <string>
#include <vector>

#include "converter/finetune/settings/options.h"

namespace edgy::converter::finetune {

/// A tensor that trains.
struct Parameter {
  std::string name;
  torch::Tensor value;
  double rate = 1;     ///< multiplies the learning rate
  bool decays = true;  ///< weight decay applies
};

/// Adam (Kingma and Ba, arXiv:1412.6980) with decoupled weight decay (arXiv:1711.05101), or SGD
/// with momentum.
class Optimizer {
 public:
  Optimizer(std::vector<Parameter> parameters, const FinetuneOptions& options);

  const std::vector<Parameter>& parameters() const { return parameters_; }
  /// One step along the gradients that the parameters hold, which are then cleared. `inverse_scale`
  /// multiplies the gradients first (loss scaling).
  void step(double learning_rate, double inverse_scale = 1);
  void clear_gradients();
  /// Starts anew where parameters were changed by other means: moments speak of what they were.
  void forget();

  /// Norm of all gradients together times `inverse_scale`; not finite when one of them is not.
  double gradient_norm(double inverse_scale = 1) const;

  /// Moments by name, and the number of steps; for checkpoints. Tensors are the live ones.
  std::map<std::string, torch::Tensor> state() const;
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }

 private:
  std::vector<Parameter> parameters_;
  std::vector<torch::Tensor> first_;
  std::vector<torch::Tensor> second_;  ///< Adam only
  FinetuneOptions options_;
  int64_t steps_ = 0;
};

/// The learning rate before step `step` (from 0) of `steps`.
double learning_rate_at(const FinetuneOptions& options, int64_t step, int64_t steps);

}  // namespace edgy::converter::finetune
