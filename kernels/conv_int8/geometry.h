// What the int8 convolution's kernels and packings derive from a shape.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/conv_int8/conv_int8.h"

namespace edgy::kernels {

inline bool is_depthwise(const ConvShape& shape) {
  return shape.groups > 1 && shape.groups == shape.in_channels &&
         shape.groups == shape.out_channels;
}

/// Blocks of four input channels of one group.
inline int32_t group_blocks(const ConvShape& shape) {
  return (shape.in_channels / shape.groups + 3) / 4;
}

/// Quads (four output channels) of one group.
inline int32_t group_quads(const ConvShape& shape) {
  return std::max(1, (shape.out_channels / shape.groups + 3) / 4);
}

inline int32_t taps(const ConvShape& shape) {
  return shape.kernel_h * shape.kernel_w;
}

}  // namespace edgy::kernels
