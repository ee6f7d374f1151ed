// Dense sums of several positions as templates over the instruction form.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv_int8/quad_steps.h"
#include "kernels/forms.h"

namespace edgy::kernels {

/// Four output channels by `Vectors` vectors, all in registers.
template <typename Form, int Vectors>
void dense_tile(const QuadSteps& quad, const int8_t* input, const int32_t* bias,
                int32_t first_vector, QuadSums& sums) {
  const Form form;
  auto [weights, offsets, steps] = quad;
  typename Form::Sum sum[4][Vectors];
  for (int i = 0; i < 4; ++i) {
    for (int v = 0; v < Vectors; ++v) {
      sum[i][v] = Form::start(bias[i]);
    }
  }
  input += std::ptrdiff_t{16} * first_vector;
  for (int32_t step = 0; step < steps; ++step) {
    const int8_t* activations = input + offsets[step];
    typename Form::Operand operand[Vectors];
    for (int v = 0; v < Vectors; ++v) {
      operand[v] = Form::load(activations + 16 * v);
    }
    for (int i = 0; i < 4; ++i) {
      const typename Form::Operand weight = Form::splat(weights + 4 * i);
      for (int v = 0; v < Vectors; ++v) {
        form.accumulate(sum[i][v], weight, operand[v]);
      }
    }
    weights += 16;
  }
  for (int i = 0; i < 4; ++i) {
    for (int v = 0; v < Vectors; ++v) {
      wasm_v128_store(sums.channel[i] + 4 * (first_vector + v), Form::finish(sum[i][v]));
    }
  }
}

/// Two or three positions: the lanes are the four output channels, so that weights are read once,
/// as they lie.
template <typename Form, int Positions>
void dense_columns(const QuadSteps& quad, const int8_t* input, const int32_t* bias,
                   QuadSums& sums) {
  const Form form;
  constexpr int chains = 2;  // to hide the latency of an accumulation
  typename Form::Sum sum[chains][Positions];
  for (auto& chain : sum) {
    for (auto& position : chain) {
      position = Form::start(0);
    }
  }
  const auto accumulate = [&](int chain, int32_t step) __attribute__((always_inline)) {
    const typename Form::Operand weight = Form::load(quad.weights + std::ptrdiff_t{16} * step);
    for (int p = 0; p < Positions; ++p) {
      form.accumulate(sum[chain][p], weight, Form::splat(input + quad.offsets[step] + 4 * p));
    }
  };
  int32_t step = 0;
  for (; step + chains <= quad.steps; step += chains) {
    for (int chain = 0; chain < chains; ++chain) {
      accumulate(chain, step + chain);
    }
  }
  for (; step < quad.steps; ++step) {
    accumulate(0, step);
  }
  for (int p = 0; p < Positions; ++p) {
    v128_t total = wasm_v128_load(bias);
    for (int chain = 0; chain < chains; ++chain) {
      total = wasm_i32x4_add(total, Form::finish(sum[chain][p]));
    }
    sums.channel[0][p] = wasm_i32x4_extract_lane(total, 0);
    sums.channel[1][p] = wasm_i32x4_extract_lane(total, 1);
    sums.channel[2][p] = wasm_i32x4_extract_lane(total, 2);
    sums.channel[3][p] = wasm_i32x4_extract_lane(total, 3);
  }
}

template <typename Form>
void dense_tiles(const QuadSteps& steps, const int8_t* input, int32_t vectors, const int32_t* bias,
                 QuadSums& sums) {
  constexpr int tile_vectors = 2 / Form::kRegistersPerSum;
  int32_t vector = 0;
  for (; vector + tile_vectors <= vectors; vector += tile_vectors) {
    dense_tile<Form, tile_vectors>(steps, input, bias, vector, sums);
  }
  if (vector < vectors) {
    dense_tile<Form, 1>(steps, input, bias, vector, sums);
  }
}

/// QuadKernel::Accumulate for weights packed [quad][step][4 out][4 in].
template <typename Form>
void accumulate_dense(const QuadKernel& kernel, int64_t quad, const int8_t* input,
                      int32_t positions, const int32_t* bias, QuadSums& sums) {
  const QuadSteps steps = steps_of(kernel, quad);
  if (positions == 2) {
    return dense_columns<Form, 2>(steps, input, bias, sums);
  }
  if (positions == 3) {
    return dense_columns<Form, 3>(steps, input, bias, sums);
  }
  dense_tiles<Form>(steps, input, (positions + 3) / 4, bias, sums);
}

}  // namespace edgy::kernels
