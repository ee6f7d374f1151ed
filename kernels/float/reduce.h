// Reductions over axes.
#pragma once

#include <span>

#include "kernels/float/shape.h"

namespace edgy::kernels {

/// Names and order of ReduceKind in the model file.
enum class ReduceOp { kMean, kSum, kMax, kMin };

/// Reduces x over the axes whose bit is set in `axes` (bit i: axis i). `out` holds one value for
/// each index of the other axes, row major. Sums go in row-major order of x, in float. Of no
/// elements: Sum 0, Mean NaN, Max and Min -+infinity.
void reduce(ReduceOp op, std::span<const float> x, Extents shape, uint32_t axes,
            std::span<float> out);

enum class ArgOp { kMin, kMax };

/// Index along `axis` of the least or greatest value; the first wins a tie; NaN never wins over a
/// number before it. `out` has the extents of x without `axis`.
void arg_reduce(ArgOp op, std::span<const float> x, Extents shape, std::size_t axis,
                std::span<int64_t> out);

}  // namespace edgy::kernels
