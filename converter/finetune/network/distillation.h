// The loss: how far a compressed model's values are from the float original's.
#pragma once

#include <torch/types.h>

#include <vector>

#include "converter/finetune/network/network.h"
#include "converter/finetune/settings/options.h"

namespace edgy::converter::finetune {

/// Values of the reference for one batch: outputs, then layers, in the order of Distillation.
using Targets = std::vector<torch::Tensor>;

/// Agreement of outputs, summed over batches.
struct Agreement {
  double product = 0;  ///< of the first smooth output: for the cosine
  double power = 0;
  double reference_power = 0;
  double error_power = 0;
  int64_t equal = 0;  ///< nearest codes that are the same
  int64_t codes = 0;

  double cosine() const;
  double sqnr_db() const;
  double code_agreement() const;  ///< 1 without codes
};

/// Compares a student with its float original, on the values that a user sees: float outputs that
/// vary smoothly, the nearest codes, and inner layers where asked.
class Distillation {
 public:
  /// The models must have the same outputs and NearestCode operators.
  Distillation(const Network& reference, const Network& student, const FinetuneOptions& options);

  /// Runs the reference. Without layers unless `options.layer_weight` is positive.
  Targets targets(Network& reference, const torch::Tensor& inputs) const;

  /// Sharpness of soft codes from the reference: the mean distance, in score, between the nearest
  /// and the second nearest code.
  void measure_codes(const Targets& targets);

  /// What the student gives where the reference gives targets; the first is its first smooth
  /// output.
  std::vector<torch::Tensor> values(Network& student, const torch::Tensor& inputs) const;

  /// The weighted loss of one batch.
  torch::Tensor loss(const std::vector<torch::Tensor>& values, const Targets& targets) const;

  /// Adds one batch to `agreement`.
  void judge(const std::vector<torch::Tensor>& values, const Targets& targets,
             Agreement& agreement) const;

 private:
  struct Pair {
    int reference;
    int student;
  };

  FinetuneOptions options_;
  std::vector<Pair> outputs_;
  std::vector<Pair> coded_;               ///< inputs of NearestCode
  std::vector<torch::Tensor> codebooks_;  ///< of coded_
  std::vector<Pair> layers_;
  double temperature_ = 1;
};

}  // namespace edgy::converter::finetune
