// Operators of the format without weights of their own, on torch tensors.
#pragma once

#include <torch/types.h>

#include <vector>

#include "wasm/format/catalog.h"

namespace edgy::converter::finetune {

/// What the catalog says of an operator's training.
format::Training training_of(const format::fb::OperatorT& op);

/// The first output of an operator whose training is Plain; absent inputs are undefined.
/// Differentiable, but for those that give indices.
torch::Tensor apply_operator(const format::fb::OperatorT& op,
                             const std::vector<torch::Tensor>& inputs);

/// -log p of nearest-code assignment up to a constant, negated: x [..., D], codebook [K, D] ->
/// x.c - |c|^2 / 2 [..., K]; the greatest is the nearest code.
torch::Tensor code_scores(const torch::Tensor& x, const torch::Tensor& codebook);

}  // namespace edgy::converter::finetune
