// Pooling of int8 images, channels last.
#pragma once

#include <cstdint>

#include "kernels/float/pool.h"
#include "kernels/quantize/quantize.h"

namespace edgy::kernels {

/// The greatest value of each window: x [batch][height][width][channels] -> out
/// [batch][out_height][out_width][channels], in one quantization. Every window must overlap the
/// image.
void max_pool_int8(const PoolShape& shape, const int8_t* x, int8_t* out);

/// Most positions of a window whose sums are sure to fit 32 bits.
constexpr int64_t kMostAveraged = int64_t{1} << 23;

/// The mean of each window, n positions of which lie in the image:
///   y = requantize(sum(x - zero_point_x), float(scale_x / (scale_y * n)), ...) of
///   kernels/requantize.h,
/// the quotient taken in double precision and rounded once. `count_pad`: n is the whole window, its
/// border counting as zeros. Windows of at most kMostAveraged positions, each overlapping the
/// image.
void average_pool_int8(const PoolShape& shape, bool count_pad, const QuantizeParameters& from,
                       const QuantizeParameters& to, const int8_t* x, int8_t* out);

}  // namespace edgy::kernels
