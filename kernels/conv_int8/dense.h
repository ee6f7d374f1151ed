// Dense, matrix-vector and depthwise sums as templates over the instruction form.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/conv_int8/quads.h"
#include "kernels/forms.h"
#include "kernels/sum_pairs.h"

namespace edgy::kernels {

/// The accumulate functions of one instruction form.
struct ConvForms {
  QuadKernel::Accumulate dense;
  QuadKernel::AccumulateColumn dense_column;
  QuadKernel::Accumulate depthwise;
};

ConvForms conv_simd128();
ConvForms conv_relaxed_dot();
ConvForms conv_relaxed_pair();

/// Four output channels by `Vectors` vectors, all in registers.
template <typename Form, int Vectors>
void dense_tile(const int8_t* weights, const int32_t* offsets, int32_t steps, const int8_t* input,
                const int32_t (&bias)[4], int32_t first_vector, QuadSums& sums) {
  const Form form;
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
void dense_columns(const int8_t* weights, const int32_t* offsets, int32_t steps,
                   const int8_t* input, const int32_t (&bias)[4], QuadSums& sums) {
  const Form form;
  constexpr int chains = 2;  // to hide the latency of an accumulation
  typename Form::Sum sum[chains][Positions];
  for (auto& chain : sum) {
    for (auto& position : chain) {
      position = Form::start(0);
    }
  }
  const auto accumulate = [&](int chain, int32_t step) __attribute__((always_inline)) {
    const typename Form::Operand weight = Form::load(weights + std::ptrdiff_t{16} * step);
    for (int p = 0; p < Positions; ++p) {
      form.accumulate(sum[chain][p], weight, Form::splat(input + offsets[step] + 4 * p));
    }
  };
  int32_t step = 0;
  for (; step + chains <= steps; step += chains) {
    for (int chain = 0; chain < chains; ++chain) {
      accumulate(chain, step + chain);
    }
  }
  for (; step < steps; ++step) {
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

/// The stored steps of a quad: all, or those of its non-zero 4x4 blocks.
struct QuadSteps {
  const int8_t* weights;
  const int32_t* offsets;
  int32_t steps;
};

inline QuadSteps steps_of(const QuadKernel& kernel, int32_t quad) {
  if (kernel.starts == nullptr) {
    return {kernel.weights + std::size_t{16} * kernel.steps * quad, kernel.offsets, kernel.steps};
  }
  const int32_t begin = kernel.starts[quad];
  return {kernel.weights + std::ptrdiff_t{16} * begin, kernel.offsets + begin,
          kernel.starts[quad + 1] - begin};
}

/// QuadKernel::Accumulate for weights packed [out/4][step][4 out][4 in].
template <typename Form>
void accumulate_dense(const QuadKernel& kernel, int32_t quad, const int8_t* input,
                      int32_t positions, const int32_t (&bias)[4], QuadSums& sums) {
  const auto [weights, offsets, steps] = steps_of(kernel, quad);
  if (positions == 2) {
    return dense_columns<Form, 2>(weights, offsets, steps, input, bias, sums);
  }
  if (positions == 3) {
    return dense_columns<Form, 3>(weights, offsets, steps, input, bias, sums);
  }
  constexpr int tile_vectors = 2 / Form::kRegistersPerSum;
  const int32_t vectors = (positions + 3) / 4;
  int32_t vector = 0;
  for (; vector + tile_vectors <= vectors; vector += tile_vectors) {
    dense_tile<Form, tile_vectors>(weights, offsets, steps, input, bias, vector, sums);
  }
  if (vector < vectors) {
    dense_tile<Form, 1>(weights, offsets, steps, input, bias, vector, sums);
  }
}

/// `Quads` quads at one position: a splat of four activations serves all of them, weights stream
/// through. `summable` tells of runs of kSummableSteps steps; it may be null.
template <typename Form, int Quads>
void dense_column(const int8_t* weights, const int32_t* offsets, int32_t steps,
                  const uint8_t* summable, const int8_t* input, int32_t* sums) {
  const Form form;
  typename Form::Sum sum[2][Quads];
  for (int quad = 0; quad < Quads; ++quad) {
    sum[0][quad] = sum[1][quad] = Form::start(0);
  }
  const std::ptrdiff_t quad_bytes = std::ptrdiff_t{16} * steps;
  const auto accumulate_two = [&](int chain, int32_t step) __attribute__((always_inline)) {
    const typename Form::Operand first = Form::splat(input + offsets[step]);
    const typename Form::Operand second = Form::splat(input + offsets[step + 1]);
    const int8_t* weight = weights + std::ptrdiff_t{16} * step;
    for (int quad = 0; quad < Quads; ++quad, weight += quad_bytes) {
      form.accumulate_two(sum[chain][quad], Form::load(weight), first, Form::load(weight + 16),
                          second);
    }
  };
  const auto accumulate = [&](int chain, int32_t step) __attribute__((always_inline)) {
    const typename Form::Operand activations = Form::splat(input + offsets[step]);
    const int8_t* weight = weights + std::ptrdiff_t{16} * step;
    for (int quad = 0; quad < Quads; ++quad, weight += quad_bytes) {
      form.accumulate(sum[chain][quad], Form::load(weight), activations);
    }
  };
  int32_t step = 0;
  if (summable != nullptr) {
    const int32_t runs = steps / kSummableSteps;
    for (int32_t run = 0; run < runs; ++run) {
      bool all = true;
      for (int quad = 0; quad < Quads; ++quad) {
        all = all && summable[runs * quad + run] != 0;
      }
      const int32_t end = step + kSummableSteps;
      if (all) {
        for (; step < end; step += 4) {
          accumulate_two(0, step);
          accumulate_two(1, step + 2);
        }
      } else {
        for (; step < end; ++step) {
          accumulate(0, step);
        }
      }
    }
  }
  for (; step + 2 <= steps; step += 2) {
    accumulate(0, step);
    accumulate(1, step + 1);
  }
  if (step < steps) {
    accumulate(0, step);
  }
  for (int quad = 0; quad < Quads; ++quad) {
    const v128_t total = wasm_i32x4_add(Form::finish(sum[0][quad]), Form::finish(sum[1][quad]));
    int32_t* out = sums + std::ptrdiff_t{4} * quad;
    wasm_v128_store(out, wasm_i32x4_add(wasm_v128_load(out), total));
  }
}

/// QuadKernel::AccumulateColumn for weights packed as above.
template <typename Form>
void accumulate_dense_column(const QuadKernel& kernel, int32_t quad, int32_t quads,
                             const int8_t* input, int32_t* sums) {
  const int32_t runs = kernel.steps / kSummableSteps;
  const auto summable_of = [&](int32_t which) {
    return kernel.summable == nullptr ? nullptr
                                      : kernel.summable + std::ptrdiff_t{1} * runs * which;
  };
  if (quads == 4 && kernel.starts == nullptr) {
    const QuadSteps first = steps_of(kernel, quad);
    return dense_column<Form, 4>(first.weights, first.offsets, first.steps, summable_of(quad),
                                 input, sums);
  }
  for (int32_t i = 0; i < quads; ++i, sums += 4) {
    const QuadSteps own = steps_of(kernel, quad + i);
    dense_column<Form, 1>(own.weights, own.offsets, own.steps, summable_of(quad + i), input, sums);
  }
}

/// QuadKernel::Accumulate for one channel a group, weights packed [channels/4][taps/4][4
/// channels][4 taps]: bytes of four taps are interleaved, so that one dot product serves four taps
/// of four channels at one position.
template <typename Form>
void accumulate_depthwise(const QuadKernel& kernel, int32_t quad, const int8_t* input,
                          int32_t positions, const int32_t (&bias)[4], QuadSums& sums) {
  const Form form;
  const int32_t steps = kernel.steps / 4;
  const int8_t* quad_weights = kernel.weights + std::size_t{16} * steps * quad;
  const v128_t start = wasm_v128_load(bias);
  for (int32_t first = 0; first < positions; first += 4) {
    typename Form::Sum sum[4];
    for (auto& position : sum) {
      position = Form::start(0);
    }
    const int8_t* here = input + std::ptrdiff_t{4} * first;
    for (int32_t step = 0; step < steps; ++step) {
      const int32_t* offsets = kernel.offsets + std::ptrdiff_t{4} * step;
      const v128_t tap0 = wasm_v128_load(here + offsets[0]);
      const v128_t tap1 = wasm_v128_load(here + offsets[1]);
      const v128_t tap2 = wasm_v128_load(here + offsets[2]);
      const v128_t tap3 = wasm_v128_load(here + offsets[3]);
      const v128_t low01 =
          wasm_i8x16_shuffle(tap0, tap1, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      const v128_t low23 =
          wasm_i8x16_shuffle(tap2, tap3, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      const v128_t high01 = wasm_i8x16_shuffle(tap0, tap1, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13,
                                               29, 14, 30, 15, 31);
      const v128_t high23 = wasm_i8x16_shuffle(tap2, tap3, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13,
                                               29, 14, 30, 15, 31);
      const typename Form::Operand weight = Form::load(quad_weights + std::ptrdiff_t{16} * step);
      form.accumulate(sum[0], weight,
                      Form::widen(wasm_i16x8_shuffle(low01, low23, 0, 8, 1, 9, 2, 10, 3, 11)));
      form.accumulate(sum[1], weight,
                      Form::widen(wasm_i16x8_shuffle(low01, low23, 4, 12, 5, 13, 6, 14, 7, 15)));
      form.accumulate(sum[2], weight,
                      Form::widen(wasm_i16x8_shuffle(high01, high23, 0, 8, 1, 9, 2, 10, 3, 11)));
      form.accumulate(sum[3], weight,
                      Form::widen(wasm_i16x8_shuffle(high01, high23, 4, 12, 5, 13, 6, 14, 7, 15)));
    }
    v128_t row[4];
    for (int p = 0; p < 4; ++p) {
      row[p] = wasm_i32x4_add(start, Form::finish(sum[p]));
    }
    const v128_t low01 = wasm_i32x4_shuffle(row[0], row[1], 0, 4, 1, 5);
    const v128_t low23 = wasm_i32x4_shuffle(row[2], row[3], 0, 4, 1, 5);
    const v128_t high01 = wasm_i32x4_shuffle(row[0], row[1], 2, 6, 3, 7);
    const v128_t high23 = wasm_i32x4_shuffle(row[2], row[3], 2, 6, 3, 7);
    wasm_v128_store(sums.channel[0] + first, wasm_i64x2_shuffle(low01, low23, 0, 2));
    wasm_v128_store(sums.channel[1] + first, wasm_i64x2_shuffle(low01, low23, 1, 3));
    wasm_v128_store(sums.channel[2] + first, wasm_i64x2_shuffle(high01, high23, 0, 2));
    wasm_v128_store(sums.channel[3] + first, wasm_i64x2_shuffle(high01, high23, 1, 3));
  }
}

template <typename Form>
ConvForms conv_forms() {
  return {accumulate_dense<Form>, accumulate_dense_column<Form>, accumulate_depthwise<Form>};
}

}  // namespace edgy::kernels
