#include "kernels/conv_cost/conv_cost.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "kernels/conv_int8/geometry.h"
#include "kernels/conv_int8/quads.h"
#include "kernels/sparse_conv_int8/rows.h"

namespace edgy::kernels {
namespace {

struct Cost {
  float product;
  float output;
  float pass;
};

// [saturating pairs, exact dots][simd128, relaxed-dot, relaxed-pair][ConvKernelKind].
constexpr Cost kCosts[][3][kConvKernelKinds] = {
#include "kernels/conv_cost/conv_cost_table.inc"
};
static_assert(std::size(kCosts) == 2);

double real(int64_t size) {
  return static_cast<double>(size);
}

// In whole numbers.
double divided_up(double value, double divisor) {
  return std::ceil(value / divisor);
}

struct Walk {
  double vectors;
  double strips;
};

// As run_strips walks an image: row by row, or all rows as one if that takes less. Depthwise rows
// are always walked by themselves, and are no strips.
Walk walk_of(const ConvShape& shape, const OutputSize& size, int32_t strip_vectors) {
  const double row = real(divide_up(size.width, 4));
  const double rows = real(size.height);
  if (is_depthwise(shape)) {
    return {row * rows, 0};
  }
  Walk walk = {row * rows, divided_up(row, strip_vectors) * rows};
  if (shape.stride_w == 1 && shape.stride_h == 1 && size.height > 1) {
    const double pitch = real(size.width + (shape.kernel_w - 1) * shape.dilation_w);
    const double vectors = divided_up((rows - 1) * pitch + real(size.width), 4);
    const double strips = divided_up(vectors, strip_vectors);
    if (vectors + strips <= walk.vectors + walk.strips) {
      walk = {vectors, strips};
    }
  }
  return walk;
}

// What it costs to hand a share of a layer to a helper that is awake and to hear that it is done,
// in dense products. Measured: docs/kernels.md, Threads.
constexpr double kHandOver = 1000;

}  // namespace

int32_t worthwhile_threads(double cost, int32_t most) {
  int32_t best = 1;
  double least = cost;
  for (int32_t threads = 2; threads <= most; ++threads) {
    const double time = cost / threads + kHandOver * (threads - 1);
    if (time < least) {
      least = time;
      best = threads;
    }
  }
  return best;
}

ConvWork dense_work(const ConvShape& shape, const OutputSize& size, double share) {
  const double quads = real(divide_up(shape.out_channels, 4));
  const double taps = real(shape.kernel_h) * real(shape.kernel_w);
  const double steps = is_depthwise(shape)
                           ? divided_up(taps, 4)
                           : real(divide_up(shape.in_channels / shape.groups, 4)) * taps;
  const Walk walk = walk_of(shape, size, kQuadStripVectors);
  return {quads * steps * share * walk.vectors, quads * walk.vectors, quads * walk.strips};
}

ConvWork sparse_work(const ConvShape& shape, int64_t blocks, const OutputSize& size, Isa isa) {
  const Walk walk = walk_of(shape, size, sparse_strip_vectors(isa, size.height, size.width));
  return {static_cast<double>(blocks) * walk.vectors,
          real(divide_up(shape.out_channels, 4)) * walk.vectors,
          real(shape.out_channels) * walk.strips};
}

ConvWork single_work(const ConvShape& shape, int64_t weights, const OutputSize& size) {
  const Walk walk = walk_of(shape, size, kSingleStripVectors);
  // Vectors of a strip that are computed together are computed whole.
  constexpr double tile = kSingleTileVectors;
  const double vectors =
      walk.strips == 0
          ? 0
          : walk.strips * tile * divided_up(divided_up(walk.vectors, walk.strips), tile);
  const double copied =
      real(divide_up(shape.in_channels, 4)) * real(shape.kernel_h) * real(shape.stride_w);
  return {static_cast<double>(weights) * vectors,
          (real(divide_up(shape.out_channels, 4)) + copied) * walk.vectors,
          real(shape.out_channels) * walk.strips};
}

ConvKernelKind dense_kind(const ConvShape& shape, const OutputSize& size) {
  return is_depthwise(shape)   ? ConvKernelKind::kDepthwise
         : size.one_position() ? ConvKernelKind::kDenseColumn
                               : ConvKernelKind::kDense;
}

double conv_cost(ConvKernelKind kernel, const ConvWork& work, Isa isa, DotClass dot_class) {
  const Cost(&forms)[3][kConvKernelKinds] = kCosts[has_exact_dot(dot_class) ? 1 : 0];
  const Cost& cost = forms[std::max(static_cast<int>(isa), 1) - 1][static_cast<int>(kernel)];
  return work.products * static_cast<double>(cost.product) +
         work.outputs * static_cast<double>(cost.output) +
         work.passes * static_cast<double>(cost.pass);
}

}  // namespace edgy::kernels
