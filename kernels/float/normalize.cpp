#include "kernels/float/normalize.h"

#include <algorithm>
#include <cmath>

#include "kernels/float/vector_math.h"

namespace edgy::kernels {
namespace {

/// The sum of term(x[i]): element i to lane i % 4. Lanes behind the end are `padding`, whose term
/// must be 0.
template <typename Term>
float sum_of(const float* x, std::size_t count, Term term, float padding = 0.0F) {
  v128_t sum = wasm_f32x4_splat(0.0F);
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    sum = wasm_f32x4_add(sum, term(wasm_v128_load(x + i)));
  }
  if (i < count) {
    alignas(16) float four[4] = {padding, padding, padding, padding};
    std::copy(x + i, x + count, four);
    sum = wasm_f32x4_add(sum, term(wasm_v128_load(four)));
  }
  return sum_of_lanes(sum);
}

/// The largest of `count` > 0 elements, four at a time. Elements that are no number are passed
/// over, or all of it: either way the row's results are none.
float largest(const float* x, std::size_t count) {
  v128_t top = wasm_v128_load32_splat(x);
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    top = wasm_f32x4_pmax(top, wasm_v128_load(x + i));
  }
  for (; i < count; ++i) {
    top = wasm_f32x4_pmax(top, wasm_v128_load32_splat(x + i));
  }
  top = wasm_f32x4_pmax(top, wasm_i32x4_shuffle(top, top, 2, 3, 0, 1));
  top = wasm_f32x4_pmax(top, wasm_i32x4_shuffle(top, top, 1, 0, 3, 2));
  return wasm_f32x4_extract_lane(top, 0);
}

}  // namespace

void softmax(std::span<const float> x, std::size_t columns, std::span<float> out) {
  for (std::size_t start = 0; columns != 0 && start + columns <= x.size(); start += columns) {
    const float* row = x.data() + start;
    float* y = out.data() + start;
    const v128_t top = wasm_f32x4_splat(largest(row, columns));
    v128_t sum = wasm_f32x4_splat(0.0F);
    const auto exponential = [&](v128_t v) {
      const v128_t e = exp4(wasm_f32x4_sub(v, top));
      sum = wasm_f32x4_add(sum, e);
      return e;
    };
    map4(row, y, columns, exponential, -__builtin_inff());  // e^-inf adds nothing
    const v128_t scale = wasm_f32x4_splat(1.0F / sum_of_lanes(sum));
    map4(y, y, columns, [=](v128_t v) { return wasm_f32x4_mul(v, scale); });
  }
}

void layer_norm(std::span<const float> x, std::span<const float> gamma, std::span<const float> beta,
                float epsilon, std::span<float> out) {
  const std::size_t columns = gamma.size();
  const float count = static_cast<float>(columns);
  for (std::size_t start = 0; columns != 0 && start + columns <= x.size(); start += columns) {
    const float* row = x.data() + start;
    float* y = out.data() + start;
    const float mean = sum_of(row, columns, [](v128_t v) { return v; }) / count;
    const v128_t means = wasm_f32x4_splat(mean);
    const auto square = [=](v128_t v) {
      const v128_t distance = wasm_f32x4_sub(v, means);
      return wasm_f32x4_mul(distance, distance);
    };
    const float squares = sum_of(row, columns, square, mean);
    const v128_t scale = wasm_f32x4_splat(1.0F / std::sqrt(squares / count + epsilon));
    const float* factor = gamma.data();
    const float* term = beta.empty() ? nullptr : beta.data();
    const auto normal = [=](v128_t v, v128_t g) {
      return wasm_f32x4_mul(wasm_f32x4_mul(wasm_f32x4_sub(v, means), scale), g);
    };
    std::size_t i = 0;
    for (; i + 4 <= columns; i += 4) {
      const v128_t n = normal(wasm_v128_load(row + i), wasm_v128_load(factor + i));
      wasm_v128_store(y + i, term == nullptr ? n : wasm_f32x4_add(n, wasm_v128_load(term + i)));
    }
    for (; i < columns; ++i) {
      const float n = wasm_f32x4_extract_lane(
          normal(wasm_v128_load32_splat(row + i), wasm_v128_load32_splat(factor + i)), 0);
      y[i] = term == nullptr ? n : n + term[i];
    }
  }
}

}  // namespace edgy::kernels
