// Weights and bias of an integer layer, such that its sums keep both.
//
// A sum counts in steps of input scale * weight scale. The bias is stored in these steps, in 32
// bits: beside weights that are small enough it would not fit, and beside weights that are all zero
// it would be rounded to whatever step they happen to have. So a channel's weight scale is no finer
// than its bias allows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace edgy::converter {

/// Weights of one layer as integers.
struct QuantizedWeights {
  std::vector<int8_t> values;  ///< [out][...], as the layer's weights
  std::vector<float> scale;    ///< one an output channel
  int bits = 8;                ///< values lie in -greatest_weight(bits) .. greatest_weight(bits)
};

/// Greatest magnitude of a weight of 2 to 8 bits: 127 for 8.
constexpr int greatest_weight(int bits) {
  return (1 << (bits - 1)) - 1;
}

/// Scales of the activations around a layer, positive normal numbers.
struct LayerScales {
  float input = 1;
  std::optional<float> output;  ///< empty: the layer gives float32
};

/// Greatest number of weights of an output channel whose sums a scale can keep within 32 bits, with
/// half the range left to the bias.
constexpr int64_t kMostSummands = int64_t{1} << 22;

/// Least scale of weights whose sums, of inputs of scale `input_scale`, have a normal number as
/// step.
float least_weight_scale(float input_scale);

/// Moves scales of single channels to where all holds that a runtime asks for, whatever the
/// activations are: every sum fits 32 bits together with `bias` (real numbers, one a channel;
/// empty: none), and what a sum is multiplied by at the end is a normal number below 256. Channels
/// that are fine stay bit by bit. The step of a channel whose weights are all zero follows from its
/// bias, which is then kept to 24 bits and more. Where a scale grows, weights are rounded again:
/// where a bias asks for that, its channel gives little else, and 1,000 weights together move it by
/// less than 1/60 of the output's step.
void fit_sums(QuantizedWeights& weights, std::span<const float> bias, const LayerScales& scales);

/// Real `bias` in steps of the sums. Empty if one does not fit 32 bits beside its weights: after
/// fit_sums with the same bias that happens above kMostSummands alone.
std::optional<std::vector<int32_t>> integer_bias(const QuantizedWeights& weights,
                                                 std::span<const double> bias, float input_scale);

}  // namespace edgy::converter
