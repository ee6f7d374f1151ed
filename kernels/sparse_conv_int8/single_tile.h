// Sums of one output channel whose weights are stored one by one, as templates. Activations lie
// channel by channel (CopiedOrder::kPlanar): lanes are positions, and the activations of two
// weights are brought next to each other.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/forms.h"
#include "kernels/sparse_conv_int8/single_rows.h"
#include "kernels/sparse_conv_int8/sparse.h"

namespace edgy::kernels {

/// Two bytes' or words' vectors, element by element next to each other: their first or last halves.
inline v128_t low_bytes(v128_t a, v128_t b) {
  return wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
inline v128_t high_bytes(v128_t a, v128_t b) {
  return wasm_i8x16_shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
inline v128_t low_words(v128_t a, v128_t b) {
  return wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}
inline v128_t high_words(v128_t a, v128_t b) {
  return wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/// The activations of four weights.
struct SingleInputs {
  const int8_t* weight[4];
};

/// Four products at each position, activations in 16 bits.
struct WideProducts {
  v128_t first;  ///< two weights in 16 bits, four times
  v128_t second;

  explicit WideProducts(const int8_t* weights)
      : first(wasm_i16x8_extend_low_i8x16(wasm_v128_load16_splat(weights))),
        second(wasm_i16x8_extend_low_i8x16(wasm_v128_load16_splat(weights + 2))) {}

  template <int Vectors>
  __attribute__((always_inline)) void add(const SingleInputs& inputs,
                                          v128_t (&sums)[Vectors]) const {
    for (int v = 0; v < Vectors; v += 2) {
      const v128_t a = wasm_v128_load(inputs.weight[0] + 8 * v);
      const v128_t b = wasm_v128_load(inputs.weight[1] + 8 * v);
      const v128_t c = wasm_v128_load(inputs.weight[2] + 8 * v);
      const v128_t d = wasm_v128_load(inputs.weight[3] + 8 * v);
      add_to(sums[v], low_words(a, b), low_words(c, d));
      add_to(sums[v + 1], high_words(a, b), high_words(c, d));
    }
  }

  __attribute__((always_inline)) void add_to(v128_t& sum, v128_t ab, v128_t cd) const {
    const v128_t products =
        wasm_i32x4_add(wasm_i32x4_dot_i16x8(first, ab), wasm_i32x4_dot_i16x8(second, cd));
    sum = wasm_i32x4_add(sum, products);
  }
};

#if !defined(__wasm__) || defined(__wasm_relaxed_simd__)
/// Four products at each position, added in 16 bits before they are widened.
struct RelaxedProducts {
  v128_t first;  ///< two weights, eight times
  v128_t second;

  explicit RelaxedProducts(const int8_t* weights)
      : first(wasm_v128_load16_splat(weights)), second(wasm_v128_load16_splat(weights + 2)) {}

  template <int Vectors>
  __attribute__((always_inline)) void add(const SingleInputs& inputs,
                                          v128_t (&sums)[Vectors]) const {
    for (int v = 0; v < Vectors; v += 4) {
      const v128_t a = wasm_v128_load(inputs.weight[0] + 4 * v);
      const v128_t b = wasm_v128_load(inputs.weight[1] + 4 * v);
      const v128_t c = wasm_v128_load(inputs.weight[2] + 4 * v);
      const v128_t d = wasm_v128_load(inputs.weight[3] + 4 * v);
      add_to(sums + v, low_bytes(a, b), low_bytes(c, d));
      if (v + 2 < Vectors) {
        add_to(sums + v + 2, high_bytes(a, b), high_bytes(c, d));
      }
    }
  }

  __attribute__((always_inline)) void add_to(v128_t* sums, v128_t ab, v128_t cd) const {
    const v128_t products =
        wasm_i16x8_add(relaxed_dot_pairs(first, ab), relaxed_dot_pairs(second, cd));
    sums[0] = wasm_i32x4_add(sums[0], wasm_i32x4_extend_low_i16x8(products));
    sums[1] = wasm_i32x4_add(sums[1], wasm_i32x4_extend_high_i16x8(products));
  }
};
#endif

/// How a kernel of single weights computes a row, four weights a turn.
template <typename Products>
struct SingleTile {
  static constexpr std::ptrdiff_t kBlockBytes = 1;
  static constexpr int kVectorsAtATime = kSingleTileVectors;
  static constexpr int kMostVectors = kSingleStripVectors;

  template <int Vectors>
  __attribute__((always_inline)) void compute(SparseRow& row, const int8_t* input,
                                              const int32_t* bias, v128_t (&sums)[Vectors]) const {
    const v128_t start = wasm_v128_load32_splat(bias);
    for (v128_t& sum : sums) {
      sum = start;
    }
    const int8_t* values = row.values;
    const int32_t* offsets = row.offsets;
    for (const int32_t* end = offsets + row.blocks; offsets != end;) {
      const Products products(values);
      products.add(
          {{input + offsets[0], input + offsets[1], input + offsets[2], input + offsets[3]}}, sums);
      values += kSinglesAtATime;
      offsets += kSinglesAtATime;
    }
    row.values = values;
    row.offsets = offsets;
  }
};

}  // namespace edgy::kernels
