// The packing that others are made from.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/conv_int8/conv_int8.h"

namespace edgy::kernels {

/// `weights` ([out][kernel_h][kernel_w][in/groups], not depthwise) as [quad][step][4 out][4 in]:
/// steps are those of `conv_offsets`, what does not exist is zero.
std::vector<int8_t> pack_quads(const ConvShape& shape, std::span<const int8_t> weights);

}  // namespace edgy::kernels
