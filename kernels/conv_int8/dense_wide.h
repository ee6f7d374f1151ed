// Dense sums of several positions in plain SIMD, both operands in 16 bits: activations by
// StripCopy, weights by a buffer that is filled once for all positions of a strip.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/conv_int8/quad_steps.h"
#include "kernels/forms.h"

namespace edgy::kernels {

/// Steps whose weights are widened at a time: 8 KiB of the first-level cache.
inline constexpr int32_t kWideSteps = 256;

/// Adds the products of `steps` steps of four output channels by four positions to `sums`.
inline void dense_wide_tile(const int16_t* weights, const int32_t* offsets, int32_t steps,
                            const int8_t* input, int32_t vector, QuadSums& sums) {
  const WideForm form;
  WideForm::Sum sum[4];
  for (auto& channel : sum) {
    channel = WideForm::start(0);
  }
  input += std::ptrdiff_t{WideForm::kVectorBytes} * vector;
  for (const int32_t* end = offsets + steps; offsets != end; ++offsets, weights += 16) {
    const WideForm::Operand activations = WideForm::load(input + *offsets);
    for (int i = 0; i < 4; ++i) {
      const v128_t weight = wasm_v128_load64_splat(weights + 4 * i);
      form.accumulate(sum[i], {weight, weight}, activations);
    }
  }
  for (int i = 0; i < 4; ++i) {
    int32_t* to = sums.channel[i] + std::ptrdiff_t{4} * vector;
    wasm_v128_store(to, wasm_i32x4_add(wasm_v128_load(to), WideForm::finish(sum[i])));
  }
}

/// QuadKernel::Accumulate for weights packed [quad][step][4 out][4 in], over a StripCopy.
inline void accumulate_dense_wide(const QuadKernel& kernel, int64_t quad, const int8_t* input,
                                  int32_t positions, const int32_t* bias, QuadSums& sums) {
  alignas(64) int16_t wide[16 * kWideSteps];
  const int32_t vectors = (positions + 3) / 4;
  for (int i = 0; i < 4; ++i) {
    std::fill_n(sums.channel[i], 4 * vectors, bias[i]);
  }
  const QuadSteps all = steps_of(kernel, quad);
  for (int32_t done = 0; done < all.steps; done += kWideSteps) {
    const int32_t steps = std::min(kWideSteps, all.steps - done);
    const int8_t* weights = all.weights + std::ptrdiff_t{16} * done;
    for (int32_t i = 0; i < 16 * steps; i += 8) {
      wasm_v128_store(wide + i, wasm_i16x8_load8x8(weights + i));
    }
    for (int32_t vector = 0; vector < vectors; ++vector) {
      dense_wide_tile(wide, all.offsets + done, steps, input, vector, sums);
    }
  }
}

}  // namespace edgy::kernels
