// Sparse sums as templates over the instruction form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "kernels/conv_int8/strips.h"
#include "kernels/forms.h"

namespace edgy::kernels {

/// The accumulate functions of one instruction form.
struct SparseForms {
  QuadKernel::Accumulate strip;
  QuadKernel::AccumulateColumn column;
  int32_t strip_vectors;
};

SparseForms sparse_simd128();
SparseForms sparse_relaxed_dot();
SparseForms sparse_relaxed_pair();

/// The blocks of one output channel, a multiple of 4.
struct SparseRow {
  const int8_t* values;
  const int32_t* offsets;
  int32_t blocks;
};

inline SparseRow sparse_row_of(const QuadKernel& kernel, int32_t o) {
  const int32_t begin = kernel.row_starts[o];
  return {kernel.weights + std::ptrdiff_t{4} * begin, kernel.offsets + begin,
          kernel.row_starts[o + 1] - begin};
}

/// A dot product that adds to its sum takes about five cycles, and two can start in each: such a
/// form needs ten sums at a time, two sets of five. Where only an addition waits for the sum, one
/// set of eight shares a splat among more vectors.
template <typename Form>
inline constexpr int32_t kSparseStripVectors = Form::kSlowSum ? 5 : kStripVectors;

/// One output channel by `Vectors` vectors: a block is one splat of its weights for all of them.
template <typename Form, int Vectors>
void sparse_tile(const SparseRow& row, const int8_t* input, int32_t bias, int32_t* sums) {
  const Form form;
  constexpr int sets = Form::kSlowSum ? 2 : 1;
  typename Form::Sum sum[sets][Vectors];
  for (auto& set : sum) {
    for (auto& vector : set) {
      vector = Form::start(0);
    }
  }
  for (auto& vector : sum[0]) {
    vector = Form::start(bias);
  }
  const auto accumulate_two = [&](int set, v128_t weights0, v128_t weights1, uint64_t offsets)
      __attribute__((always_inline)) {
    const typename Form::Operand first = Form::repeated(weights0);
    const typename Form::Operand second = Form::repeated(weights1);
    const int8_t* first_input = input + static_cast<uint32_t>(offsets);
    const int8_t* second_input = input + (offsets >> 32);
    for (int v = 0; v < Vectors; ++v) {
      form.accumulate_two(sum[set % sets][v], first, Form::load(first_input + 16 * v), second,
                          Form::load(second_input + 16 * v));
    }
  };
  // Loads are what limits this loop: weights of four blocks come by one load, offsets of two.
  const int8_t* values = row.values;
  const int32_t* offsets = row.offsets;
  for (const int32_t* end = offsets + row.blocks; offsets != end; offsets += 4, values += 16) {
    const v128_t weights = wasm_v128_load(values);
    uint64_t pair[2];
    std::memcpy(pair, offsets, sizeof pair);
    accumulate_two(0, wasm_i32x4_shuffle(weights, weights, 0, 0, 0, 0),
                   wasm_i32x4_shuffle(weights, weights, 1, 1, 1, 1), pair[0]);
    accumulate_two(1, wasm_i32x4_shuffle(weights, weights, 2, 2, 2, 2),
                   wasm_i32x4_shuffle(weights, weights, 3, 3, 3, 3), pair[1]);
  }
  for (int v = 0; v < Vectors; ++v) {
    v128_t total = Form::finish(sum[0][v]);
    if constexpr (sets == 2) {
      total = wasm_i32x4_add(total, Form::finish(sum[1][v]));
    }
    wasm_v128_store(sums + 4 * v, total);
  }
}

/// One position: four blocks of the channel make one vector of weights as they lie; activations are
/// gathered. The four lanes of the result add up to the sum.
template <typename Form>
v128_t sparse_column(const SparseRow& row, const int8_t* input) {
  const Form form;
  typename Form::Sum sum[2] = {Form::start(0), Form::start(0)};
  const auto accumulate = [&](int chain, const int8_t* values, const int32_t* offsets)
      __attribute__((always_inline)) {
    uint64_t pair[2];
    std::memcpy(pair, offsets, sizeof pair);
    v128_t activations = wasm_v128_load32_zero(input + static_cast<uint32_t>(pair[0]));
    activations = wasm_v128_load32_lane(input + (pair[0] >> 32), activations, 1);
    activations = wasm_v128_load32_lane(input + static_cast<uint32_t>(pair[1]), activations, 2);
    activations = wasm_v128_load32_lane(input + (pair[1] >> 32), activations, 3);
    form.accumulate(sum[chain], Form::load(values), Form::widen(activations));
  };
  const int8_t* values = row.values;
  const int32_t* offsets = row.offsets;
  int32_t blocks = row.blocks;
  for (; blocks >= 8; blocks -= 8, values += 32, offsets += 8) {
    accumulate(0, values, offsets);
    accumulate(1, values + 16, offsets + 4);
  }
  if (blocks > 0) {
    accumulate(0, values, offsets);
  }
  return wasm_i32x4_add(Form::finish(sum[0]), Form::finish(sum[1]));
}

template <typename Form>
void sparse_row(const SparseRow& row, const int8_t* input, int32_t vectors, int32_t bias,
                int32_t* sums) {
  // Two registers a sum: five vectors and more do not fit and go in two halves.
  constexpr int32_t most = kSparseStripVectors<Form> / Form::kRegistersPerSum;
  if (vectors > most) {
    const int32_t half = (vectors + 1) / 2;
    sparse_row<Form>(row, input, half, bias, sums);
    sparse_row<Form>(row, input + std::ptrdiff_t{16} * half, vectors - half, bias,
                     sums + std::ptrdiff_t{4} * half);
    return;
  }
  const auto run_if = [&]<int Vectors>() {
    if (vectors == Vectors) {
      sparse_tile<Form, Vectors>(row, input, bias, sums);
    }
  };
  [&]<int... Index>(std::integer_sequence<int, Index...>) {
    (run_if.template operator()<Index + 1>(), ...);
  }
  (std::make_integer_sequence<int, most>());
}

/// QuadKernel::Accumulate.
template <typename Form>
void accumulate_sparse(const QuadKernel& kernel, int32_t quad, const int8_t* input,
                       int32_t positions, const int32_t (&bias)[4], QuadSums& sums) {
  for (int32_t i = 0; i < 4; ++i) {
    const int32_t o = 4 * quad + i;
    if (o >= kernel.out_channels) {
      break;  // the values of a channel that does not exist are not looked at
    }
    const SparseRow row = sparse_row_of(kernel, o);
    sparse_row<Form>(row, input, (positions + 3) / 4, bias[i], sums.channel[i]);
  }
}

/// QuadKernel::AccumulateColumn.
template <typename Form>
void accumulate_sparse_column(const QuadKernel& kernel, int32_t quad, int32_t quads,
                              const int8_t* input, int32_t* sums) {
  for (int32_t o = 4 * quad; o < 4 * (quad + quads) && o < kernel.out_channels; ++o) {
    v128_t sum = sparse_column<Form>(sparse_row_of(kernel, o), input);
    sum = wasm_i32x4_add(sum, wasm_i32x4_shuffle(sum, sum, 2, 3, 0, 1));
    sum = wasm_i32x4_add(sum, wasm_i32x4_shuffle(sum, sum, 1, 0, 3, 2));
    *sums++ += wasm_i32x4_extract_lane(sum, 0);
  }
}

template <typename Form>
SparseForms sparse_forms() {
  return {accumulate_sparse<Form>, accumulate_sparse_column<Form>, kSparseStripVectors<Form>};
}

}  // namespace edgy::kernels
