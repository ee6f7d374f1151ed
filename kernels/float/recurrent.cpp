#include "kernels/float/recurrent.h"

#include <algorithm>

#include "kernels/float/vector_math.h"

namespace edgy::kernels {
namespace {

/// Four partial sums, element i to sum i % 4, then (0 + 2) + (1 + 3): the order in all builds.
float dot(const float* a, const float* b, std::size_t count) {
  v128_t sum = wasm_f32x4_splat(0.0F);
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    sum = wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_v128_load(a + i), wasm_v128_load(b + i)));
  }
  alignas(16) float sums[4];
  wasm_v128_store(sums, sum);
  for (std::size_t j = 0; i + j < count; ++j) {
    sums[j] += a[i + j] * b[i + j];
  }
  return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

/// out[i] = bias[first + i] + row(first + i) . x; the bias is of w (`part` 0) or of r (`part` 1).
void project(const RecurrentWeights& weights, std::size_t part, std::size_t first, const float* x,
             std::span<float> out) {
  const std::span<const float> matrix = part == 0 ? weights.w : weights.r;
  const std::size_t columns = part == 0 ? weights.inputs : weights.hidden;
  const float* bias = weights.b.empty() ? nullptr : weights.b.data() + part * weights.b.size() / 2;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const float sum = dot(matrix.data() + (first + i) * columns, x, columns);
    out[i] = bias == nullptr ? sum : sum + bias[first + i];
  }
}

void add(std::span<float> sum, std::span<const float> term) {
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i] += term[i];
  }
}

void sigmoid(std::span<float> x) {
  map4(x.data(), x.data(), x.size(), [](v128_t v) { return sigmoid4(v); });
}

void hyperbolic_tangent(std::span<const float> x, std::span<float> out) {
  map4(x.data(), out.data(), x.size(), [](v128_t v) { return tanh4(v); });
}

void emit(std::span<const float> h, std::span<float> y, std::size_t step) {
  if (!y.empty()) {
    std::copy(h.begin(), h.end(), y.begin() + static_cast<std::ptrdiff_t>(step * h.size()));
  }
}

}  // namespace

void lstm(const RecurrentWeights& weights, std::span<const float> x, std::span<float> h,
          std::span<float> c, std::span<float> y, std::span<float> scratch) {
  const std::size_t hidden = weights.hidden;
  const std::span<float> gates = scratch.first(4 * hidden);
  const std::span<float> extra = scratch.subspan(4 * hidden, hidden);
  const float* input_gate = gates.data();
  const float* output_gate = input_gate + hidden;
  const float* forget_gate = output_gate + hidden;
  const float* cell = forget_gate + hidden;
  const std::size_t steps = weights.inputs == 0 ? 0 : x.size() / weights.inputs;
  for (std::size_t t = 0; t < steps; ++t) {
    project(weights, 0, 0, x.data() + t * weights.inputs, gates);
    for (std::size_t gate = 0; gate < 4; ++gate) {
      project(weights, 1, gate * hidden, h.data(), extra);
      add(gates.subspan(gate * hidden, hidden), extra);
    }
    sigmoid(gates.first(3 * hidden));
    hyperbolic_tangent(gates.last(hidden), gates.last(hidden));
    for (std::size_t i = 0; i < hidden; ++i) {
      c[i] = forget_gate[i] * c[i] + input_gate[i] * cell[i];
    }
    hyperbolic_tangent(c, extra);
    for (std::size_t i = 0; i < hidden; ++i) {
      h[i] = output_gate[i] * extra[i];
    }
    emit(h, y, t);
  }
}

void gru(const RecurrentWeights& weights, bool linear_before_reset, std::span<const float> x,
         std::span<float> h, std::span<float> y, std::span<float> scratch) {
  const std::size_t hidden = weights.hidden;
  const std::span<float> gates = scratch.first(3 * hidden);
  const std::span<float> extra = scratch.subspan(3 * hidden, 2 * hidden);
  const std::span<float> held = scratch.subspan(5 * hidden, hidden);
  const float* update = gates.data();
  const float* reset = update + hidden;
  const std::span<float> candidate = gates.last(hidden);
  const std::size_t steps = weights.inputs == 0 ? 0 : x.size() / weights.inputs;
  for (std::size_t t = 0; t < steps; ++t) {
    project(weights, 0, 0, x.data() + t * weights.inputs, gates);
    project(weights, 1, 0, h.data(), extra);
    add(gates.first(2 * hidden), extra);
    sigmoid(gates.first(2 * hidden));
    for (std::size_t i = 0; i < hidden; ++i) {
      held[i] = linear_before_reset ? h[i] : reset[i] * h[i];
    }
    project(weights, 1, 2 * hidden, held.data(), extra.first(hidden));
    for (std::size_t i = 0; i < hidden; ++i) {
      candidate[i] += linear_before_reset ? reset[i] * extra[i] : extra[i];
    }
    hyperbolic_tangent(candidate, candidate);
    for (std::size_t i = 0; i < hidden; ++i) {
      h[i] = (1.0F - update[i]) * candidate[i] + update[i] * h[i];
    }
    emit(h, y, t);
  }
}

}  // namespace edgy::kernels
