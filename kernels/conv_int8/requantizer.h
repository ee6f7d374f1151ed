// Requantization (kernels/requantize.h) of vectors of sums, shared by the kernels' epilogues.
#pragma once

#include <cstdint>

#include "kernels/conv_int8/conv_int8.h"
#include "kernels/simd.h"

namespace edgy::kernels {

/// 1.5 * 2^23: added to a float of magnitude below 2^22, it rounds that half to even and leaves the
/// integer in the low bits. In memory, because V8 would make a constant vector anew at each use
/// (forms.h).
extern const volatile float kRounder;

/// Sums times scales to int8 values. The result is clamped from above only when it is narrowed,
/// four vectors at once: what is too large for a float's integer bits is too large for a byte as
/// well.
class Requantizer {
 public:
  explicit Requantizer(const ConvQuantization& q)
      : low_(wasm_f32x4_splat(static_cast<float>(q.qmin - q.zero_point))),
        rounder_(wasm_f32x4_splat(kRounder)),
        bits_to_value_(wasm_i32x4_splat(q.zero_point - kRounderBits)),
        qmax_(wasm_i8x16_splat(static_cast<int8_t>(q.qmax))) {}

  /// For `narrow`.
  v128_t operator()(v128_t sums, v128_t scales) const {
    const v128_t scaled = wasm_f32x4_mul(wasm_f32x4_convert_i32x4(sums), scales);
    const v128_t rounded = wasm_f32x4_add(wasm_f32x4_pmax(low_, scaled), rounder_);
    return wasm_i32x4_add(rounded, bits_to_value_);
  }

  /// Four vectors of the above, in order.
  v128_t narrow(const v128_t (&values)[4]) const {
    return wasm_i8x16_min(qmax_,
                          wasm_i8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(values[0], values[1]),
                                                  wasm_i16x8_narrow_i32x4(values[2], values[3])));
  }

 private:
  static constexpr int32_t kRounderBits = 0x4B400000;

  v128_t low_;
  v128_t rounder_;
  v128_t bits_to_value_;
  v128_t qmax_;
};

}  // namespace edgy::kernels
