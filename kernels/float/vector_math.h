// Elementary functions on four floats. Only additions, multiplications, divisions, square roots and
// bit operations, in a fixed order: every build and every CPU computes the same bits, which the C
// library's functions do not promise. Bounds are in units in the last place (ULP) of the true
// result and are tested against double precision.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/simd.h"

namespace edgy::kernels {

/// Constants of the functions below. In memory, where no compiler sees their values: V8 makes a
/// constant vector anew by three instructions wherever it is used, but loads one by one (forms.h).
struct MathConstants {
  float one;
  float half;
  float rounder;  ///< 1.5 * 2^23: added to a float below 2^22, it leaves the nearest integer in the
                  ///< low bits
  float sqrt_half;
  float exp_lowest;
  float exp_highest;
  float log2_e;
  float ln2_high;  ///< with trailing zeros, so that its product with a small integer is exact
  float ln2_low;
  float exp[5];
  float smallest_normal;
  float two_23;
  float log[4];
  float tanh_end;  ///< from here on the result is 1
  float tanh_p[5];
  float tanh_q[5];
  float erf_end;
  float erf_p[6];
  float erf_q[6];
};
extern const MathConstants kMath;

inline v128_t constant4(const float& value) {
  return wasm_v128_load32_splat(&value);
}

/// c[0] + x * (c[1] + x * (...)).
template <std::size_t N>
inline v128_t polynomial4(v128_t x, const float (&c)[N]) {
  v128_t sum = constant4(c[N - 1]);
  for (std::size_t i = N - 1; i-- > 0;) {
    sum = wasm_f32x4_add(wasm_f32x4_mul(sum, x), constant4(c[i]));
  }
  return sum;
}

/// 2^n for a vector of integers -126..127.
inline v128_t power_of_two4(v128_t n) {
  return wasm_i32x4_add(wasm_i32x4_shl(n, 23), constant4(kMath.one));
}

/// e^x within 2 ULP (normal results), overflow to infinity, underflow through subnormal numbers to
/// 0; NaN stays NaN.
inline v128_t exp4(v128_t x) {
  const v128_t rounder = constant4(kMath.rounder);
  x = wasm_f32x4_pmin(wasm_f32x4_pmax(x, constant4(kMath.exp_lowest)),
                      constant4(kMath.exp_highest));
  // r = x - n ln 2 with n the nearest integer.
  const v128_t shifted = wasm_f32x4_add(wasm_f32x4_mul(x, constant4(kMath.log2_e)), rounder);
  const v128_t n = wasm_f32x4_sub(shifted, rounder);
  v128_t r = wasm_f32x4_sub(x, wasm_f32x4_mul(n, constant4(kMath.ln2_high)));
  r = wasm_f32x4_sub(r, wasm_f32x4_mul(n, constant4(kMath.ln2_low)));
  v128_t y = wasm_f32x4_mul(wasm_f32x4_mul(r, r), polynomial4(r, kMath.exp));
  y = wasm_f32x4_add(constant4(kMath.one), wasm_f32x4_add(r, y));
  // Two factors, because 2^n alone would leave the range of normal numbers.
  const v128_t exponent = wasm_i32x4_sub(shifted, rounder);
  const v128_t half = wasm_i32x4_shr(exponent, 1);
  y = wasm_f32x4_mul(y, power_of_two4(half));
  return wasm_f32x4_mul(y, power_of_two4(wasm_i32x4_sub(exponent, half)));
}

/// Natural logarithm within 3 ULP for all positive numbers; 0 gives -infinity, negative numbers
/// NaN.
inline v128_t log4(v128_t x) {
  const v128_t tiny = wasm_f32x4_lt(x, constant4(kMath.smallest_normal));
  const v128_t scaled = wasm_v128_bitselect(wasm_f32x4_mul(x, constant4(kMath.two_23)), x, tiny);
  // x = m 2^e with m in [sqrt(1/2), sqrt(2)).
  const v128_t offset = wasm_i32x4_sub(scaled, wasm_i32x4_splat(0x3f3504f3));
  const v128_t e =
      wasm_i32x4_sub(wasm_i32x4_shr(offset, 23), wasm_v128_and(tiny, wasm_i32x4_splat(23)));
  const v128_t m = wasm_i32x4_add(wasm_v128_and(offset, wasm_i32x4_splat(0x007fffff)),
                                  wasm_i32x4_splat(0x3f3504f3));
  // ln m = 2 atanh(s), s = f / (2 + f), f = m - 1; written as f - s (f - remainder) so that f stays
  // exact.
  const v128_t f = wasm_f32x4_sub(m, constant4(kMath.one));
  const v128_t s = wasm_f32x4_div(f, wasm_f32x4_add(f, wasm_f32x4_splat(2.0F)));
  const v128_t q = wasm_f32x4_mul(s, s);
  const v128_t series = wasm_f32x4_mul(q, polynomial4(q, kMath.log));
  const v128_t ef = wasm_f32x4_convert_i32x4(e);
  const v128_t small = wasm_f32x4_sub(wasm_f32x4_mul(s, wasm_f32x4_sub(f, series)),
                                      wasm_f32x4_mul(ef, constant4(kMath.ln2_low)));
  v128_t y =
      wasm_f32x4_add(wasm_f32x4_sub(f, small), wasm_f32x4_mul(ef, constant4(kMath.ln2_high)));
  const v128_t infinity = wasm_f32x4_splat(__builtin_inff());
  y = wasm_v128_bitselect(infinity, y, wasm_f32x4_eq(x, infinity));
  const v128_t zero = wasm_f32x4_splat(0.0F);
  y = wasm_v128_bitselect(wasm_f32x4_neg(infinity), y, wasm_f32x4_eq(x, zero));
  return wasm_v128_bitselect(y, wasm_f32x4_splat(__builtin_nanf("")), wasm_f32x4_ge(x, zero));
}

/// 1 / (1 + e^-x) within 3 ULP for x > -87; below, 0 to 1e-37.
inline v128_t sigmoid4(v128_t x) {
  const v128_t one = constant4(kMath.one);
  return wasm_f32x4_div(one, wasm_f32x4_add(one, exp4(wasm_f32x4_neg(x))));
}

/// An odd function that grows to 1 at `end`: x P(x^2) / Q(x^2), whose relative error to the
/// function is below 2^-25.
template <std::size_t N>
inline v128_t odd_rational4(v128_t x, const float& end, const float (&p)[N], const float (&q)[N]) {
  const v128_t limit = constant4(end);
  x = wasm_f32x4_pmin(wasm_f32x4_pmax(x, wasm_f32x4_neg(limit)), limit);
  const v128_t square = wasm_f32x4_mul(x, x);
  const v128_t y =
      wasm_f32x4_div(wasm_f32x4_mul(x, polynomial4(square, p)), polynomial4(square, q));
  const v128_t one = constant4(kMath.one);
  return wasm_f32x4_pmin(wasm_f32x4_pmax(y, wasm_f32x4_neg(one)), one);
}

/// Hyperbolic tangent within 7 ULP.
inline v128_t tanh4(v128_t x) {
  return odd_rational4(x, kMath.tanh_end, kMath.tanh_p, kMath.tanh_q);
}

/// Error function within 8 ULP.
inline v128_t erf4(v128_t x) {
  return odd_rational4(x, kMath.erf_end, kMath.erf_p, kMath.erf_q);
}

/// x / 2 (1 + erf(x / sqrt 2)), the exact form. Absolute error at most 2.5e-7 max(1, |x|).
inline v128_t gelu4(v128_t x) {
  const v128_t e = erf4(wasm_f32x4_mul(x, constant4(kMath.sqrt_half)));
  const v128_t half = wasm_f32x4_mul(x, constant4(kMath.half));
  return wasm_f32x4_mul(half, wasm_f32x4_add(e, constant4(kMath.one)));
}

/// out[i] = function(in[i]), in order; the tail goes through a vector filled up with `padding`, so
/// a value's result never depends on its place.
template <typename Function>
inline void map4(const float* in, float* out, std::size_t count, Function function,
                 float padding = 0.0F) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {  // two vectors share the loads of constants
    const v128_t first = function(wasm_v128_load(in + i));
    const v128_t second = function(wasm_v128_load(in + i + 4));
    wasm_v128_store(out + i, first);
    wasm_v128_store(out + i + 4, second);
  }
  for (; i < count; i += 4) {
    alignas(16) float four[4] = {padding, padding, padding, padding};
    const std::size_t left = std::min<std::size_t>(4, count - i);
    std::copy_n(in + i, left, four);
    wasm_v128_store(four, function(wasm_v128_load(four)));
    std::copy_n(four, left, out + i);
  }
}

/// (0 + 2) + (1 + 3): the order in which lanes are added in all builds.
inline float sum_of_lanes(v128_t lanes) {
  return (wasm_f32x4_extract_lane(lanes, 0) + wasm_f32x4_extract_lane(lanes, 2)) +
         (wasm_f32x4_extract_lane(lanes, 1) + wasm_f32x4_extract_lane(lanes, 3));
}

}  // namespace edgy::kernels
