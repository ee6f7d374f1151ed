// The runtime's integer arithmetic on float tensors that hold whole numbers, with gradients.
//
// Products and sums of such numbers are exact in float32 up to 2^24, so that a forward pass here
// gives the integers that the runtime gives. Gradients pass rounding as if it were not there
// (straight-through estimator) and stop where a value is clamped.
#pragma once

#include <torch/types.h>

namespace edgy::converter::finetune {

/// Rounds half to even; the gradient is that of the identity.
torch::Tensor round_straight_through(const torch::Tensor& x);

/// clamp(round_half_even(x * scale), low, high). `scale` is a number for each index of the last
/// axis, or one, and a constant; the gradient is scale where low <= x * scale <= high, else 0.
torch::Tensor requantize(const torch::Tensor& x, const torch::Tensor& scale, double low,
                         double high);

/// Weights as whole numbers and what one of them is worth.
struct IntegerWeights {
  torch::Tensor values;  ///< shape of the weights, -(2^(bits-1) - 1) .. 2^(bits-1) - 1
  torch::Tensor scale;   ///< [rows]; no gradient
};

/// Symmetric, one scale a row (the first axis), rounded to nearest: what round_weights of
/// converter/compress does for 8 bits. With `scale` [rows] that is used instead of the least that
/// clips nothing, and what lies beyond is clamped.
IntegerWeights quantize_weights(const torch::Tensor& weights, int bits,
                                const torch::Tensor& scale = {});

}  // namespace edgy::converter::finetune
