// Masks of random bits with learned probabilities: rb_sparsity (after Louizos et al.,
// arXiv:1712.01312).
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "converter/finetune/network/network.h"
#include "converter/finetune/network/optimizer.h"

namespace edgy::converter::finetune {

/// A score s for each block of weights: while training the block stays with probability
/// sigmoid(s), drawn anew for every step; gradients reach s as if the drawn bit were its
/// probability. At the end the blocks with the greatest scores stay.
class RbMasks {
 public:
  /// `prunable`: by layer. Scores start where a share of `initial` is zero, the smaller blocks a
  /// little lower, so that they go first where training says nothing.
  RbMasks(Network& network, const std::vector<bool>& prunable, int block, double initial);

  /// The scores; they train `rate` times as fast as weights.
  std::vector<Parameter> parameters(double rate) const;

  /// Draws masks: a function of `seed` and `step` alone, so that a resumed run draws the same.
  void draw(uint64_t seed, int64_t step);

  /// (expected share of weights that stay / (1 - level) - 1)^2: pulls the scores to the level.
  torch::Tensor loss(double level) const;

  /// Fixed masks of exactly `level` zeros (to a block), over all layers or in each.
  void fix(double level, bool global);

  /// Expected share of zeros.
  double expected_sparsity() const;

 private:
  Network* network_;
  int block_;
  std::vector<std::size_t> layers_;
  std::vector<torch::Tensor> scores_;  ///< [O, ..., blocks] for each of layers_
};

}  // namespace edgy::converter::finetune
