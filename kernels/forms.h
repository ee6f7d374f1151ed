// The multiply-accumulate step of each instruction form, for kernels written once as templates over
// it.
//
// An operand is 16 bytes: four lanes of four values whose products are summed into one int32 per
// lane. The first operand holds weights, the second activations (0..127 for the relaxed forms). A
// form is an object: it holds the vectors that its loops must keep in registers.
#pragma once

#include <cstdint>

#include "kernels/simd.h"

namespace edgy::kernels {

/// Bytes widened to 16 bits: exact for every int8.
struct Simd128Form {
  struct Operand {
    v128_t low;   // lanes 0 and 1
    v128_t high;  // lanes 2 and 3
  };
  // Each lane's sum is kept as two halves until `finish`: [lane 0, lane 0, lane 1, lane 1].
  struct Sum {
    v128_t low;
    v128_t high;
  };
  static constexpr int kRegistersPerSum = 2;
  static constexpr int kVectorBytes = 16;  ///< of four positions' activations as `load` reads them
  static constexpr bool kSlowSum =
      false;  ///< whether the sum waits for the whole product, or only for an addition

  static Operand load(const int8_t* bytes) {
    return {wasm_i16x8_load8x8(bytes), wasm_i16x8_load8x8(bytes + 8)};
  }
  static Operand widen(v128_t bytes) {
    return {wasm_i16x8_extend_low_i8x16(bytes), wasm_i16x8_extend_high_i8x16(bytes)};
  }
  static Operand splat(const int8_t* four_bytes) {
    return repeated(wasm_v128_load32_splat(four_bytes));
  }
  /// `lanes`: four times the same four bytes.
  static Operand repeated(v128_t lanes) {
    const v128_t both = wasm_i16x8_extend_low_i8x16(lanes);
    return {both, both};
  }
  static Sum start(int32_t value) {
    const v128_t first_halves = wasm_i32x4_make(value, 0, value, 0);
    return {first_halves, first_halves};
  }
  void accumulate(Sum& sum, const Operand& weights, const Operand& activations) const {
    sum.low = wasm_i32x4_add(sum.low, wasm_i32x4_dot_i16x8(weights.low, activations.low));
    sum.high = wasm_i32x4_add(sum.high, wasm_i32x4_dot_i16x8(weights.high, activations.high));
  }
  void accumulate_two(Sum& sum, const Operand& first_weights, const Operand& first,
                      const Operand& second_weights, const Operand& second) const {
    accumulate(sum, first_weights, first);
    accumulate(sum, second_weights, second);
  }
  static v128_t finish(const Sum& sum) {
    return wasm_i32x4_add(wasm_i32x4_shuffle(sum.low, sum.high, 0, 2, 4, 6),
                          wasm_i32x4_shuffle(sum.low, sum.high, 1, 3, 5, 7));
  }
};

/// The same over activations that lie there in 16 bits (StripCopy), which saves a third of the
/// vector units' work.
struct WideForm : Simd128Form {
  static constexpr int kVectorBytes = 32;

  static Operand load(const int8_t* values) {
    return {wasm_v128_load(values), wasm_v128_load(values + 16)};
  }
};

#if !defined(__wasm__) || defined(__wasm_relaxed_simd__)
struct RelaxedBase {
  using Operand = v128_t;
  using Sum = v128_t;
  static constexpr int kRegistersPerSum = 1;
  static constexpr int kVectorBytes = 16;

  static Operand load(const int8_t* bytes) { return wasm_v128_load(bytes); }
  static Operand widen(v128_t bytes) { return bytes; }
  static Operand repeated(v128_t lanes) { return lanes; }
  static Operand splat(const int8_t* four_bytes) { return wasm_v128_load32_splat(four_bytes); }
  static Sum start(int32_t value) { return wasm_i32x4_splat(value); }
  static v128_t finish(Sum sum) { return sum; }
};

struct RelaxedDotForm : RelaxedBase {
  static constexpr bool kSlowSum = true;
  void accumulate(Sum& sum, Operand weights, Operand activations) const {
    sum = relaxed_dot_add(weights, activations, sum);
  }
  void accumulate_two(Sum& sum, Operand first_weights, Operand first, Operand second_weights,
                      Operand second) const {
    accumulate(sum, first_weights, first);
    accumulate(sum, second_weights, second);
  }
};

/// Eight times 1. V8 makes a vector constant anew, by three instructions, wherever it is used, but
/// keeps a loaded one in its register: so kernels load it from here, where no compiler sees its
/// value.
extern const int16_t kOnes[8];

struct RelaxedPairForm : RelaxedBase {
  static constexpr bool kSlowSum = false;
  v128_t ones = wasm_v128_load(kOnes);

  void accumulate(Sum& sum, Operand weights, Operand activations) const {
    sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(relaxed_dot_pairs(weights, activations), ones));
  }
  /// Both products are added before they are widened. For weights that are `SumPair`s only
  /// (sum_pairs.h): no i16 sum may overflow.
  void accumulate_two(Sum& sum, Operand first_weights, Operand first, Operand second_weights,
                      Operand second) const {
    const v128_t pairs = wasm_i16x8_add(relaxed_dot_pairs(first_weights, first),
                                        relaxed_dot_pairs(second_weights, second));
    sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(pairs, ones));
  }
};
#endif

}  // namespace edgy::kernels
