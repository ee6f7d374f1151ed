// The definition of the convolution that every other form must equal.
#pragma once

#include "kernels/conv_int8/conv_int8.h"

namespace edgy::kernels {

/// `weights` is [out][kernel_h][kernel_w][in/groups]; the other parameters are those of
/// `conv_int8`.
void conv_int8_reference(const ConvShape& shape, std::span<const int8_t> weights,
                         const Block4& input_layout, const int8_t* input,
                         const ConvQuantization& quantization, const ConvOutput& output);

/// Finishes one sum and stores it at channel o of position (y, x).
void store_reference(const ConvQuantization& quantization, const ConvOutput& output, int64_t o,
                     int64_t y, int64_t x, int32_t sum);

}  // namespace edgy::kernels
