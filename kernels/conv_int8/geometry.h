// What the int8 convolution's kernels and packings derive from a shape.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/conv_int8/conv_int8.h"
#include "kernels/sizes.h"

namespace edgy::kernels {

inline bool is_depthwise(const ConvShape& shape) {
  return shape.groups > 1 && shape.groups == shape.in_channels &&
         shape.groups == shape.out_channels;
}

/// Blocks of four input channels of one group.
inline int64_t group_blocks(const ConvShape& shape) {
  return divide_up(shape.in_channels / shape.groups, 4);
}

/// Quads (four output channels) of one group.
inline int64_t group_quads(const ConvShape& shape) {
  return std::max<int64_t>(1, divide_up(shape.out_channels / shape.groups, 4));
}

inline int64_t taps(const ConvShape& shape) {
  return shape.kernel_h * shape.kernel_w;
}

/// Rows and columns of the padded image between a position's first and last tap, both included.
inline int64_t span_h(const ConvShape& shape) {
  return (shape.kernel_h - 1) * shape.dilation_h + 1;
}
inline int64_t span_w(const ConvShape& shape) {
  return (shape.kernel_w - 1) * shape.dilation_w + 1;
}

}  // namespace edgy::kernels
