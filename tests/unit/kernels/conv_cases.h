// Random convolutions for the tests of the int8 kernels.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "kernels/conv_int8/conv_int8.h"

namespace edgy::tests {

/// One convolution with its operands and an output description; everything follows from the seed.
struct ConvCase {
  kernels::ConvShape shape;
  kernels::Block4 input_layout;
  kernels::Block4 output_layout;
  kernels::ConvOutput::Kind kind = kernels::ConvOutput::Kind::kBlock4;
  std::vector<int8_t> weights;
  std::vector<int8_t> input;
  std::vector<int32_t> bias;
  std::vector<float> scale;
  int32_t zero_point = 0;
  int32_t qmin = 0;
  int32_t qmax = 127;
  float float_min = -1e30F;
  float float_max = 1e30F;

  kernels::ConvQuantization quantization() const;
  /// Bytes of the whole output buffer, and what it holds before the run.
  std::vector<int8_t> blank_output() const;
};

/// `activation_bits` 7: inputs in 0..127; 8: -128..127. Density is the share of 1x4 blocks that are
/// not zero.
ConvCase make_conv_case(uint32_t seed, int activation_bits, double density, bool depthwise = false);

/// Gives the output of a case another size, without borders around its input.
void set_output_size(ConvCase& test, int64_t height, int64_t width);

/// Makes the output of a case its first position alone.
void keep_one_position(ConvCase& test);

}  // namespace edgy::tests
