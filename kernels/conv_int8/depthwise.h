// Depthwise convolution: every channel has a kernel of its own, so that a weight serves positions
// alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv_int8/output.h"

namespace edgy::kernels {

/// Four channels ("a quad").
struct DepthwiseQuad {
  const int8_t* weights;   ///< [step][4 channels][taps of a step]
  const int32_t* offsets;  ///< bytes from a position's input, of each tap
  int32_t steps;
  alignas(16) int32_t bias[4];
  alignas(16) float scale[4];
};

/// Neighbouring positions of neighbouring rows.
struct DepthwiseRows {
  const int8_t* input;  ///< of the first position
  int64_t input_pitch;  ///< bytes from an output row's input to that of the next
  void* out;            ///< [row][position][4 channels], int8 or float
  int64_t out_pitch;    ///< bytes from row to row
  int64_t rows;
  int64_t width;
};

using RunDepthwise = void (*)(const DepthwiseQuad& quad, const DepthwiseRows& rows,
                              const ConvQuantization& quantization);

/// The functions of one instruction form.
struct DepthwiseForms {
  RunDepthwise to_values;
  RunDepthwise to_floats;
};

/// Taps that one step multiplies. Weights of taps that fill up the last step are zero.
constexpr int32_t depthwise_step_taps(Isa isa) {
  return isa == Isa::kSimd128 ? 2 : 4;
}

/// Convolves one image; `offsets` and `weights` are those of `conv_int8`.
void run_depthwise(const PackedConvWeights& weights, std::span<const int32_t> offsets,
                   const DepthwiseForms& forms, const Block4& input_layout, const int8_t* input,
                   const ConvQuantization& quantization, const ConvOutput& output);

}  // namespace edgy::kernels
