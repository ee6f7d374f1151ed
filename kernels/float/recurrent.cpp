#include "kernels/float/recurrent.h"

#include <algorithm>

#include "kernels/float/vector_math.h"

namespace edgy::kernels {
namespace {

/// `Rows` rows of a matrix by `Steps` vectors that lie `x_step` apart: out[step][row]. Each result
/// has four partial sums, element i to sum i % 4, then (0 + 2) + (1 + 3): the order in all builds,
/// however many rows and vectors are computed together.
template <std::size_t Rows, std::size_t Steps>
void dot_tile(const float* rows, const float* x, std::size_t x_step, std::size_t count,
              float (&out)[Steps][Rows]) {
  v128_t sum[Steps][Rows];
  for (auto& step : sum) {
    for (auto& row : step) {
      row = wasm_f32x4_splat(0.0F);
    }
  }
  const auto add = [&](std::size_t step, std::size_t row, v128_t a, v128_t b) {
    sum[step][row] = wasm_f32x4_add(sum[step][row], wasm_f32x4_mul(a, b));
  };
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    v128_t vectors[Steps];
    for (std::size_t step = 0; step < Steps; ++step) {
      vectors[step] = wasm_v128_load(x + step * x_step + i);
    }
    for (std::size_t row = 0; row < Rows; ++row) {
      const v128_t weights = wasm_v128_load(rows + row * count + i);
      for (std::size_t step = 0; step < Steps; ++step) {
        add(step, row, weights, vectors[step]);
      }
    }
  }
  const std::size_t left = count - i;
  if (left != 0) {
    const auto tail = [&](const float* from) {
      alignas(16) float four[4] = {0, 0, 0, 0};
      std::copy_n(from + i, left, four);
      return wasm_v128_load(four);
    };
    for (std::size_t row = 0; row < Rows; ++row) {
      for (std::size_t step = 0; step < Steps; ++step) {
        add(step, row, tail(rows + row * count), tail(x + step * x_step));
      }
    }
  }
  for (std::size_t step = 0; step < Steps; ++step) {
    for (std::size_t row = 0; row < Rows; ++row) {
      out[step][row] = sum_of_lanes(sum[step][row]);
    }
  }
}

/// What out[i] is made of.
struct Projection {
  const float* matrix;  ///< its row 0 gives out[0]
  const float* bias;    ///< or null
  std::size_t columns;
};

/// Weights of w (`part` 0) or r (`part` 1) from row `first` on.
Projection projection_of(const RecurrentWeights& weights, std::size_t part, std::size_t first) {
  const std::span<const float> matrix = part == 0 ? weights.w : weights.r;
  const std::size_t columns = part == 0 ? weights.inputs : weights.hidden;
  const float* bias = weights.b.empty() ? nullptr : weights.b.data() + part * weights.b.size() / 2;
  return {matrix.data() + first * columns, bias == nullptr ? nullptr : bias + first, columns};
}

/// out[step][i] = row(i) . x[step] + bias[i], and what was there before if `adds`; `Steps` vectors
/// at a time share each load of weights.
template <std::size_t Steps>
__attribute__((noinline)) void project(const Projection& projection, const float* x,
                                       std::size_t count, float* out, bool adds) {
  const auto project_rows = [&]<std::size_t Rows>(std::size_t row) {
    float sums[Steps][Rows];
    dot_tile<Rows, Steps>(projection.matrix + row * projection.columns, x, projection.columns,
                          projection.columns, sums);
    for (std::size_t step = 0; step < Steps; ++step) {
      for (std::size_t r = 0; r < Rows; ++r) {
        float& to = out[step * count + row + r];
        const float sum =
            projection.bias == nullptr ? sums[step][r] : sums[step][r] + projection.bias[row + r];
        to = adds ? to + sum : sum;
      }
    }
  };
  constexpr std::size_t kRows = 8 / Steps;
  std::size_t row = 0;
  for (; row + kRows <= count; row += kRows) {
    project_rows.template operator()<kRows>(row);
  }
  for (; row < count; ++row) {
    project_rows.template operator()<1>(row);
  }
}

/// run(t, gates of step t, into which it may write) for all steps of x [steps][inputs]. The gates
/// hold the part of x already, made for some steps together.
template <typename Run>
void for_each_step(const RecurrentWeights& weights, std::span<const float> x, std::size_t gates,
                   float* memory, Run run) {
  const Projection projection = projection_of(weights, 0, 0);
  const std::size_t steps = weights.inputs == 0 ? 0 : x.size() / weights.inputs;
  for (std::size_t begin = 0; begin < steps; begin += kStepsAtATime) {
    const std::size_t count = std::min(kStepsAtATime, steps - begin);
    const float* from = x.data() + begin * weights.inputs;
    std::size_t step = 0;
    for (; step + 2 <= count; step += 2) {
      project<2>(projection, from + step * weights.inputs, gates, memory + step * gates, false);
    }
    if (step < count) {
      project<1>(projection, from + step * weights.inputs, gates, memory + step * gates, false);
    }
    for (step = 0; step < count; ++step) {
      run(begin + step, memory + step * gates);
    }
  }
}

__attribute__((noinline)) void sigmoid(std::span<float> x) {
  map4(x.data(), x.data(), x.size(), [](v128_t v) { return sigmoid4(v); });
}

__attribute__((noinline)) void hyperbolic_tangent(std::span<const float> x, std::span<float> out) {
  map4(x.data(), out.data(), x.size(), [](v128_t v) { return tanh4(v); });
}

void emit(std::span<const float> h, std::span<float> y, std::size_t step) {
  if (!y.empty()) {
    std::copy(h.begin(), h.end(), y.begin() + static_cast<std::ptrdiff_t>(step * h.size()));
  }
}

}  // namespace

void lstm_step(std::span<float> gates, std::span<float> h, std::span<float> c,
               std::span<float> scratch) {
  const std::size_t hidden = h.size();
  const std::span<float> extra = scratch.first(hidden);
  const float* input_gate = gates.data();
  const float* output_gate = input_gate + hidden;
  const float* forget_gate = output_gate + hidden;
  const std::span<float> cell = gates.subspan(3 * hidden, hidden);
  sigmoid(gates.first(3 * hidden));
  hyperbolic_tangent(cell, cell);
  for (std::size_t i = 0; i < hidden; ++i) {
    c[i] = forget_gate[i] * c[i] + input_gate[i] * cell[i];
  }
  hyperbolic_tangent(c, extra);
  for (std::size_t i = 0; i < hidden; ++i) {
    h[i] = output_gate[i] * extra[i];
  }
}

void lstm(const RecurrentWeights& weights, std::span<const float> x, std::span<float> h,
          std::span<float> c, std::span<float> y, std::span<float> scratch) {
  const std::size_t hidden = weights.hidden;
  float* memory = scratch.data() + kStepVectors * hidden;
  for_each_step(weights, x, 4 * hidden, memory, [&](std::size_t t, float* gates) {
    project<1>(projection_of(weights, 1, 0), h.data(), 4 * hidden, gates, true);
    lstm_step({gates, 4 * hidden}, h, c, scratch);
    emit(h, y, t);
  });
}

void gru(const RecurrentWeights& weights, bool linear_before_reset, std::span<const float> x,
         std::span<float> h, std::span<float> y, std::span<float> scratch) {
  const std::size_t hidden = weights.hidden;
  const std::span<float> extra = scratch.first(hidden);
  const std::span<float> held = scratch.subspan(hidden, hidden);
  float* memory = scratch.data() + kStepVectors * hidden;
  for_each_step(weights, x, 3 * hidden, memory, [&](std::size_t t, float* gates) {
    project<1>(projection_of(weights, 1, 0), h.data(), 2 * hidden, gates, true);
    const float* update = gates;
    const float* reset = update + hidden;
    const std::span<float> candidate(gates + 2 * hidden, hidden);
    sigmoid({gates, 2 * hidden});
    for (std::size_t i = 0; i < hidden; ++i) {
      held[i] = linear_before_reset ? h[i] : reset[i] * h[i];
    }
    project<1>(projection_of(weights, 1, 2 * hidden), held.data(), hidden, extra.data(), false);
    for (std::size_t i = 0; i < hidden; ++i) {
      candidate[i] += linear_before_reset ? reset[i] * extra[i] : extra[i];
    }
    hyperbolic_tangent(candidate, candidate);
    for (std::size_t i = 0; i < hidden; ++i) {
      h[i] = (1.0F - update[i]) * candidate[i] + update[i] * h[i];
    }
    emit(h, y, t);
  });
}

}  // namespace edgy::kernels
