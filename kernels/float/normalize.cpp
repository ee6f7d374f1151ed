#include "kernels/float/normalize.h"

#include <cmath>

#include "kernels/float/vector_math.h"

namespace edgy::kernels {
namespace {

/// Four partial sums, element i to sum i % 4, then (0 + 2) + (1 + 3): the order in all builds.
template <typename Term>
float sum_of(std::size_t count, Term term) {
  float sums[4] = {0, 0, 0, 0};
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    for (std::size_t j = 0; j < 4; ++j) {
      sums[j] += term(i + j);
    }
  }
  for (std::size_t j = 0; i + j < count; ++j) {
    sums[j] += term(i + j);
  }
  return (sums[0] + sums[2]) + (sums[1] + sums[3]);
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
    const float top = largest(row, columns);
    map4(row, y, columns, [=](v128_t v) { return exp4(wasm_f32x4_sub(v, wasm_f32x4_splat(top))); });
    const float sum = sum_of(columns, [=](std::size_t i) { return y[i]; });
    for (std::size_t i = 0; i < columns; ++i) {
      y[i] /= sum;
    }
  }
}

void layer_norm(std::span<const float> x, std::span<const float> gamma, std::span<const float> beta,
                float epsilon, std::span<float> out) {
  const std::size_t columns = gamma.size();
  const float count = static_cast<float>(columns);
  for (std::size_t start = 0; columns != 0 && start + columns <= x.size(); start += columns) {
    const float* row = x.data() + start;
    float* y = out.data() + start;
    const float mean = sum_of(columns, [=](std::size_t i) { return row[i]; }) / count;
    const float squares =
        sum_of(columns, [=](std::size_t i) { return (row[i] - mean) * (row[i] - mean); });
    const float scale = 1.0F / std::sqrt(squares / count + epsilon);
    for (std::size_t i = 0; i < columns; ++i) {
      const float normal = (row[i] - mean) * scale * gamma[i];
      y[i] = beta.empty() ? normal : normal + beta[i];
    }
  }
}

}  // namespace edgy::kernels
