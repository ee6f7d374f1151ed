// The one place that knows where 128-bit vectors come from: WebAssembly's intrinsics, or natively
// the same names by simde, so that tests and sanitizers run the very source that becomes
// WebAssembly.
#pragma once

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>
#else
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/wasm/simd128.h>
#endif
#if !defined(__wasm__) && defined(__SSSE3__)
#include <tmmintrin.h>
#endif

namespace edgy::kernels {

/// Relaxed SIMD is a second WebAssembly build; natively it is always there.
#if defined(__wasm__) && !defined(__wasm_relaxed_simd__)
inline constexpr bool kHasRelaxedSimd = false;
#else
inline constexpr bool kHasRelaxedSimd = true;

/// i16 lane i: sum of the two products of bytes 2i and 2i + 1. `activations` must lie in 0..127:
/// with any other value the answer differs from CPU to CPU. No sum saturates: |2 * 127 * -128| =
/// 32512.
inline v128_t relaxed_dot_pairs(v128_t weights, v128_t activations) {
#if defined(__wasm__)
  return wasm_i16x8_relaxed_dot_i8x16_i7x16(weights, activations);
#elif defined(__SSSE3__)
  return _mm_maddubs_epi16(activations, weights);
#else
  return wasm_i16x8_narrow_i32x4(
      wasm_i32x4_extadd_pairwise_i16x8(wasm_i16x8_extmul_low_i8x16(weights, activations)),
      wasm_i32x4_extadd_pairwise_i16x8(wasm_i16x8_extmul_high_i8x16(weights, activations)));
#endif
}

/// i32 lane i: sum[i] + the dot product of the four bytes i. Range of `activations` as above.
inline v128_t relaxed_dot_add(v128_t weights, v128_t activations, v128_t sum) {
#if defined(__wasm__)
  return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(weights, activations, sum);
#else
  const v128_t ones = wasm_i16x8_splat(1);
  return wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(relaxed_dot_pairs(weights, activations), ones));
#endif
}
#endif  // relaxed SIMD

}  // namespace edgy::kernels
