#include "kernels/float/reduce.h"

#include <algorithm>

namespace edgy::kernels {
namespace {

template <typename Function>
void fold(std::span<const float> x, Extents shape, uint32_t axes, std::span<float> out,
          Function function) {
  Strides strides{};
  int64_t step = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    if ((axes >> i & 1) == 0) {
      strides[i] = step;
      step *= shape[i];
    }
  }
  const float* in = x.data();
  float* results = out.data();
  for_each_offset(shape, strides,
                  [&](int64_t offset) { results[offset] = function(results[offset], *in++); });
}

}  // namespace

void reduce(ReduceOp op, std::span<const float> x, Extents shape, uint32_t axes,
            std::span<float> out) {
  const float infinity = __builtin_inff();
  switch (op) {
    case ReduceOp::kMean:
    case ReduceOp::kSum:
      std::fill(out.begin(), out.end(), 0.0F);
      fold(x, shape, axes, out, [](float sum, float v) { return sum + v; });
      break;
    case ReduceOp::kMax:
      std::fill(out.begin(), out.end(), -infinity);
      fold(x, shape, axes, out, [](float m, float v) { return v > m || v != v ? v : m; });
      break;
    case ReduceOp::kMin:
      std::fill(out.begin(), out.end(), infinity);
      fold(x, shape, axes, out, [](float m, float v) { return v < m || v != v ? v : m; });
      break;
  }
  if (op == ReduceOp::kMean && !out.empty()) {
    const std::size_t elements = x.size() / out.size();
    const auto count = static_cast<float>(elements);
    for (float& value : out) {
      value /= count;
    }
  }
}

void arg_reduce(ArgOp op, std::span<const float> x, Extents shape, std::size_t axis,
                std::span<int64_t> out) {
  const int64_t inner = element_count(shape.subspan(axis + 1));
  const int64_t count = shape[axis];
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int64_t at = static_cast<int64_t>(i);
    const float* column = x.data() + at / inner * count * inner + at % inner;
    int64_t best = 0;
    for (int64_t k = 1; k < count; ++k) {
      const float value = column[k * inner];
      const float champion = column[best * inner];
      if (op == ArgOp::kMin ? value < champion : value > champion) {
        best = k;
      }
    }
    out[i] = best;
  }
}

}  // namespace edgy::kernels
