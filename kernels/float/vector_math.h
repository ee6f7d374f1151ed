// Elementary functions on four floats. Only additions, multiplications, divisions, square roots and
// bit operations, in a fixed order: every build and every CPU computes the same bits, which the C
// library's functions do not promise. Bounds are in units in the last place (ULP) of the true
// result and are tested against double precision.
#pragma once

#include "kernels/simd.h"

namespace edgy::kernels {

/// c[0] + x * (c[1] + x * (...)).
template <std::size_t N>
inline v128_t polynomial4(v128_t x, const float (&c)[N]) {
  v128_t sum = wasm_f32x4_splat(c[N - 1]);
  for (std::size_t i = N - 1; i-- > 0;) {
    sum = wasm_f32x4_add(wasm_f32x4_mul(sum, x), wasm_f32x4_splat(c[i]));
  }
  return sum;
}

/// 2^n for a vector of integers -126..127.
inline v128_t power_of_two4(v128_t n) {
  return wasm_i32x4_shl(wasm_i32x4_add(n, wasm_i32x4_splat(127)), 23);
}

/// e^x within 2 ULP (normal results), overflow to infinity, underflow through subnormal numbers to
/// 0; NaN stays NaN.
inline v128_t exp4(v128_t x) {
  // r = x - n ln 2 with n the nearest integer: adding 1.5 * 2^23 leaves n in the low bits of the
  // sum.
  const v128_t magic = wasm_f32x4_splat(12582912.0F);
  x = wasm_f32x4_pmin(wasm_f32x4_pmax(x, wasm_f32x4_splat(-110.0F)), wasm_f32x4_splat(100.0F));
  const v128_t shifted =
      wasm_f32x4_add(wasm_f32x4_mul(x, wasm_f32x4_splat(1.4426950408889634F)), magic);
  const v128_t n = wasm_f32x4_sub(shifted, magic);
  // ln 2 in two parts, the first with trailing zeros so that n * part is exact.
  v128_t r = wasm_f32x4_sub(x, wasm_f32x4_mul(n, wasm_f32x4_splat(0.693359375F)));
  r = wasm_f32x4_sub(r, wasm_f32x4_mul(n, wasm_f32x4_splat(-2.12194440e-4F)));
  static constexpr float kSeries[] = {0.5F, 1.666651219e-01F, 4.166618735e-02F, 8.369598538e-03F,
                                      1.395171974e-03F};
  v128_t y = wasm_f32x4_mul(wasm_f32x4_mul(r, r), polynomial4(r, kSeries));
  y = wasm_f32x4_add(wasm_f32x4_splat(1.0F), wasm_f32x4_add(r, y));
  // Two factors, because 2^n alone would leave the range of normal numbers.
  const v128_t exponent = wasm_i32x4_sub(shifted, magic);
  const v128_t half = wasm_i32x4_shr(exponent, 1);
  y = wasm_f32x4_mul(y, power_of_two4(half));
  return wasm_f32x4_mul(y, power_of_two4(wasm_i32x4_sub(exponent, half)));
}

/// Natural logarithm within 3 ULP for all positive numbers; 0 gives -infinity, negative numbers
/// NaN.
inline v128_t log4(v128_t x) {
  const v128_t tiny = wasm_f32x4_lt(x, wasm_f32x4_splat(1.17549435e-38F));
  const v128_t scaled =
      wasm_v128_bitselect(wasm_f32x4_mul(x, wasm_f32x4_splat(8388608.0F)), x, tiny);
  // x = m 2^e with m in [sqrt(1/2), sqrt(2)).
  const v128_t offset = wasm_i32x4_sub(scaled, wasm_i32x4_splat(0x3f3504f3));
  const v128_t e =
      wasm_i32x4_sub(wasm_i32x4_shr(offset, 23), wasm_v128_and(tiny, wasm_i32x4_splat(23)));
  const v128_t m = wasm_i32x4_add(wasm_v128_and(offset, wasm_i32x4_splat(0x007fffff)),
                                  wasm_i32x4_splat(0x3f3504f3));
  // ln m = 2 atanh(s), s = f / (2 + f), f = m - 1; written as f - s (f - remainder) so that f stays
  // exact.
  const v128_t f = wasm_f32x4_sub(m, wasm_f32x4_splat(1.0F));
  const v128_t s = wasm_f32x4_div(f, wasm_f32x4_add(f, wasm_f32x4_splat(2.0F)));
  const v128_t q = wasm_f32x4_mul(s, s);
  static constexpr float kSeries[] = {6.666666269e-01F, 4.000033736e-01F, 2.853720486e-01F,
                                      2.358425260e-01F};
  const v128_t series = wasm_f32x4_mul(q, polynomial4(q, kSeries));
  const v128_t ef = wasm_f32x4_convert_i32x4(e);
  const v128_t small = wasm_f32x4_add(wasm_f32x4_mul(s, wasm_f32x4_sub(f, series)),
                                      wasm_f32x4_mul(ef, wasm_f32x4_splat(2.12194440e-4F)));
  v128_t y =
      wasm_f32x4_add(wasm_f32x4_sub(f, small), wasm_f32x4_mul(ef, wasm_f32x4_splat(0.693359375F)));
  const v128_t infinity = wasm_f32x4_splat(__builtin_inff());
  y = wasm_v128_bitselect(infinity, y, wasm_f32x4_eq(x, infinity));
  const v128_t zero = wasm_f32x4_splat(0.0F);
  y = wasm_v128_bitselect(wasm_f32x4_neg(infinity), y, wasm_f32x4_eq(x, zero));
  return wasm_v128_bitselect(y, wasm_f32x4_splat(__builtin_nanf("")), wasm_f32x4_ge(x, zero));
}

/// 1 / (1 + e^-x) within 3 ULP for x > -87; below, 0 to 1e-37.
inline v128_t sigmoid4(v128_t x) {
  const v128_t one = wasm_f32x4_splat(1.0F);
  return wasm_f32x4_div(one, wasm_f32x4_add(one, exp4(wasm_f32x4_neg(x))));
}

/// Hyperbolic tangent within 3 ULP.
inline v128_t tanh4(v128_t x) {
  const v128_t a = wasm_f32x4_abs(x);
  static constexpr float kSeries[] = {-3.333333135e-01F, 1.333321035e-01F,  -5.394720286e-02F,
                                      2.170296945e-02F,  -8.182677440e-03F, 2.147539752e-03F};
  const v128_t q = wasm_f32x4_mul(x, x);
  const v128_t near =
      wasm_f32x4_add(a, wasm_f32x4_mul(wasm_f32x4_mul(a, q), polynomial4(q, kSeries)));
  const v128_t one = wasm_f32x4_splat(1.0F);
  const v128_t grown = wasm_f32x4_add(exp4(wasm_f32x4_add(a, a)), one);
  const v128_t far = wasm_f32x4_sub(one, wasm_f32x4_div(wasm_f32x4_splat(2.0F), grown));
  const v128_t y = wasm_v128_bitselect(near, far, wasm_f32x4_lt(a, wasm_f32x4_splat(0.625F)));
  return wasm_v128_bitselect(x, y, wasm_i32x4_splat(INT32_MIN));
}

/// Error function within 4 ULP.
inline v128_t erf4(v128_t x) {
  const v128_t a = wasm_f32x4_abs(x);
  static constexpr float kNear[] = {1.128379226F,      -3.761263490e-01F, 1.128369421e-01F,
                                    -2.685927041e-02F, 5.200634245e-03F,  -8.137437981e-04F,
                                    8.345227252e-05F};
  const v128_t near = wasm_f32x4_mul(a, polynomial4(wasm_f32x4_mul(x, x), kNear));
  // Beyond 0.9: 1 - e^P(a), P fitted to the logarithm of the complement. It is below half a ULP
  // from 4 on.
  static constexpr float kFar[] = {1.705508330e-04F,  -1.129495144F,    -6.333866715e-01F,
                                   -1.082366034e-01F, 2.509148605e-02F, -4.160522483e-03F,
                                   4.323020403e-04F,  -2.090946873e-05F};
  const v128_t clamped = wasm_f32x4_pmin(a, wasm_f32x4_splat(4.0F));
  const v128_t far = wasm_f32x4_sub(wasm_f32x4_splat(1.0F), exp4(polynomial4(clamped, kFar)));
  const v128_t y = wasm_v128_bitselect(near, far, wasm_f32x4_lt(a, wasm_f32x4_splat(0.9F)));
  return wasm_v128_bitselect(x, y, wasm_i32x4_splat(INT32_MIN));
}

/// x / 2 (1 + erf(x / sqrt 2)), the exact form. Absolute error at most 2.5e-7 max(1, |x|).
inline v128_t gelu4(v128_t x) {
  const v128_t half = wasm_f32x4_mul(x, wasm_f32x4_splat(0.5F));
  const v128_t e = erf4(wasm_f32x4_mul(x, wasm_f32x4_splat(0.70710678F)));
  return wasm_f32x4_mul(half, wasm_f32x4_add(e, wasm_f32x4_splat(1.0F)));
}

/// out[i] = function(in[i]); the tail goes through a padded vector, so a value's result never
/// depends on its place.
template <typename Function>
inline void map4(const float* in, float* out, std::size_t count, Function function) {
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    wasm_v128_store(out + i, function(wasm_v128_load(in + i)));
  }
  if (i < count) {
    alignas(16) float tail[4] = {0, 0, 0, 0};
    for (std::size_t j = 0; i + j < count; ++j) {
      tail[j] = in[i + j];
    }
    wasm_v128_store(tail, function(wasm_v128_load(tail)));
    for (std::size_t j = 0; i + j < count; ++j) {
      out[i + j] = tail[j];
    }
  }
}

}  // namespace edgy::kernels
