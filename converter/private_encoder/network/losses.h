// What an encoder is trained for, a loss each.
#pragma once

#include <torch/types.h>

#include <map>
#include <string>
#include <vector>

#include "converter/private_encoder/network/encoder.h"
#include "converter/private_encoder/samples/batches.h"

namespace edgy::converter::private_encoder {

/// Mean cross-entropy of the codes of frames whose label is known: `code_of_phone` says which.
/// Undefined where none is.
torch::Tensor phone_loss(const Assignment& assignment, const torch::Tensor& phones,
                         const std::vector<int64_t>& code_of_phone);

/// Squared distance of vectors from their codes, mean over channels; codes get no gradient
/// (A. van den Oord et al., arXiv:1711.00937).
torch::Tensor commitment_loss(const Assignment& assignment, const torch::Tensor& codebook);

/// How often a speaker is heard to have a class, less how often he says what is in it: a bias that
/// tells him from others who say the same. Squared, of soft and of hard shares, rare classes
/// counting more, summed over classes, mean over speakers. Recordings with frames of unknown
/// label are left out; undefined where none is left.
torch::Tensor count_loss(const Assignment& assignment, const torch::Tensor& phones,
                         const std::vector<int64_t>& class_of_phone,
                         const std::vector<int>& speakers);

/// Mean share of each class in each quarter of the recordings, [B, 4 C]: what is said in which
/// order, as far as few words need it.
torch::Tensor quarters(const torch::Tensor& classes);

/// A linear classifier of recordings' labels over quarters, trained along and left out of the
/// result.
class LabelHead {
 public:
  LabelHead(int64_t classes, int64_t labels, uint64_t seed);
  std::vector<finetune::Parameter> parameters() const;
  torch::Tensor scores(const Assignment& assignment) const;
  /// Mean cross-entropy; undefined where no recording has a label.
  torch::Tensor loss(const Assignment& assignment, const torch::Tensor& labels) const;

 private:
  torch::Tensor weight_, bias_;
};

/// A classifier of voices from the shares of classes in a recording, soft and hard. It is trained
/// to tell them; the encoder is trained until it cannot.
class Adversary {
 public:
  Adversary(int64_t classes, int64_t voices, const OptimizerOptions& options, uint64_t seed);

  /// Trains it on the batch, then says how far what it believes is from knowing nothing among
  /// `present` (the voices of this corpus), a loss of the encoder alone: 0 is nothing known.
  /// Undefined where fewer than two recordings have a voice.
  torch::Tensor loss(const Assignment& assignment, const torch::Tensor& voices,
                     const std::vector<int64_t>& present, double& own_loss);

  finetune::Optimizer& optimizer() { return optimizer_; }

 private:
  struct Weights {
    torch::Tensor gain, shift, hidden, hidden_bias, out, out_bias;
  };
  static Weights draw(int64_t features, int64_t voices, uint64_t seed);
  std::vector<finetune::Parameter> parameters() const;
  torch::Tensor scores(const torch::Tensor& features, bool frozen) const;

  OptimizerOptions options_;
  Weights weights_;
  finetune::Optimizer optimizer_;
};

}  // namespace edgy::converter::private_encoder
