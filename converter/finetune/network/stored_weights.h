// Between the format's constants and torch tensors.
#pragma once

#include <torch/types.h>

#include "converter/finetune/network/network.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter::finetune {

/// A float32, int32 or int64 constant. Throws Error naming the tensor for anything else.
torch::Tensor read_constant(const format::fb::ModelT& model, int tensor);

/// Weights and bias of a Conv2D or Dense as real numbers, from float32 or int8. Where an int8 layer
/// stores zero blocks (its zeros fill whole blocks of `block_cols` input channels, more than a
/// twentieth of all), the mask keeps them zero.
Layer read_layer(const format::fb::ModelT& model, const format::fb::OperatorT& op);

/// Blocks [O, ..., C] of 1 x `block` consecutive channels that hold a non-zero: 1, others 0.
torch::Tensor block_mask(const torch::Tensor& weights, int64_t block);

/// Writes the weights and biases of `network`'s layers into `model`, which has the operators that
/// the network was made from: float32, or integers as the forward pass rounds them.
void write_layers(const Network& network, format::fb::ModelT& model);

}  // namespace edgy::converter::finetune
