// Which weights are zero while training.
#pragma once

#include <torch/types.h>

#include <vector>

#include "converter/finetune/network/network.h"

namespace edgy::converter::finetune {

/// How much a block of weights counts.
enum class Importance {
  kMagnitude,        ///< mean |w|
  kNormedMagnitude,  ///< mean |w| over the layer's Euclidean norm: layers become comparable
  /// Power that the block adds to the layer's output, w^2 E[x^2], over the power of all: layers
  /// become comparable, and inputs that are always near zero count little (the diagonal
  /// approximation of Optimal Brain Damage, LeCun et al., 1990).
  kOutputPower,
};

/// Mean squares of the input channels of each layer: [C] of layer i in entry i.
using InputPower = std::vector<torch::Tensor>;

/// Measured on one batch.
InputPower measure_input_power(Network& network, const torch::Tensor& inputs);

struct MaskOptions {
  int block = 1;  ///< consecutive input channels that are zero together
  Importance importance = Importance::kOutputPower;
  bool global = true;          ///< layers compete; else each has the level
  std::vector<bool> prunable;  ///< by layer; empty: all
};

/// Mean magnitude of each block of `block` input channels, [O, ..., blocks], over the Euclidean
/// norm of the layer's weights.
torch::Tensor block_magnitude(const Layer& layer, int block);

/// 1 for what stays, 0 for exactly round(level * count) values, the least first and of equals the
/// first in order: over all tensors together, or in each.
std::vector<torch::Tensor> keep_greatest(const std::vector<torch::Tensor>& values, double level,
                                         bool global);

/// A mask of blocks [O, ..., blocks] as one of weights [O, ..., channels].
torch::Tensor expand_blocks(const torch::Tensor& blocks, int block, int64_t channels);

/// Sets the layers' masks so that a share of `level` of the prunable weights is zero (to a block),
/// the least important first. `power` is read for kOutputPower only.
void set_masks(Network& network, double level, const MaskOptions& options, const InputPower& power);

/// Share of zeros over all layers.
double sparsity_of(const Network& network);

}  // namespace edgy::converter::finetune
