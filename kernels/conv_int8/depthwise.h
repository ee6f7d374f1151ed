// Depthwise sums as a template over the instruction form.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv_int8/quads.h"
#include "kernels/forms.h"

namespace edgy::kernels {

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

}  // namespace edgy::kernels
