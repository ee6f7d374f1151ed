// float32 to int8 and back, per tensor. The arithmetic is that of kernels/requantize.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/block4.h"

namespace edgy::kernels {

/// real = scale * (q - zero_point), q in qmin..qmax.
struct QuantizeParameters {
  float scale = 1.0F;
  int32_t zero_point = 0;
  int32_t qmin = 0;
  int32_t qmax = 127;
};

/// output[i] = quantize(input[i]); values are multiplied by 1 / scale, rounded to float once. NaN
/// becomes qmin.
void quantize_rows(const float* input, std::size_t count, const QuantizeParameters& parameters,
                   int8_t* output);

/// Channels-last [height][width][channels] into the interior of `layout`.
void quantize_to_block4(const Block4& layout, const float* channels_last,
                        const QuantizeParameters& parameters, int8_t* output);

/// Channels-first [channels][height][width] into the interior of `layout`, transposed on the way.
/// Unused channels of the last block may be overwritten by the zero point, which `fill_border` puts
/// there.
void quantize_planes_to_block4(const Block4& layout, const float* channels_first,
                               const QuantizeParameters& parameters, int8_t* output);

/// output[i] = scale * (input[i] - zero_point).
void dequantize(const int8_t* input, std::size_t count, float scale, int32_t zero_point,
                float* output);

}  // namespace edgy::kernels
