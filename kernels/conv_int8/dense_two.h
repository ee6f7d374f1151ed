// Dense sums of two quads at a time, lanes being channels. Twelve sums beside two vectors of
// weights and one splat fill the registers: two loads for three products, where four channels by
// two vectors of positions load three for four. No load of positions crosses a cache line, and what
// leaves the registers lies as outputs do.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/conv_int8/quad_steps.h"
#include "kernels/forms.h"

namespace edgy::kernels {

/// `Positions` of two quads; the second's weights begin `between` bytes behind the first's.
template <typename Form, int Positions>
void two_quads_tile(const QuadSteps& quad, std::ptrdiff_t between, const int8_t* input,
                    const int32_t* bias, int32_t first, PositionSums (&sums)[2]) {
  const Form form;
  v128_t sum[2][Positions];
  for (int q = 0; q < 2; ++q) {
    std::fill_n(sum[q], Positions, wasm_v128_load(bias + 4 * q));
  }
  input += std::ptrdiff_t{4} * first;
  const int8_t* weights = quad.weights;
  const int8_t* second_weights = weights + between;
  const int32_t* offsets = quad.offsets;
  for (const int32_t* end = offsets + quad.steps; offsets != end; ++offsets) {
    const int8_t* activations = input + *offsets;
    const v128_t weight = wasm_v128_load(weights);
    const v128_t second_weight = wasm_v128_load(second_weights);
    for (int p = 0; p < Positions; ++p) {
      const v128_t activation = Form::splat(activations + 4 * p);
      form.accumulate(sum[0][p], weight, activation);
      form.accumulate(sum[1][p], second_weight, activation);
    }
    weights += 16;
    second_weights += 16;
  }
  for (int q = 0; q < 2; ++q) {
    for (int p = 0; p < Positions; ++p) {
      wasm_v128_store(sums[q].position[first + p], sum[q][p]);
    }
  }
}

/// QuadKernel::AccumulateTwo for weights packed [quad][step][4 out][4 in], in tiles of six
/// positions and of four: as many fours as leave whole sixes. A tile may reach past the last
/// position.
template <typename Form>
void accumulate_two_quads(const QuadKernel& kernel, int64_t quad, const int8_t* input,
                          int32_t positions, const int32_t* bias, PositionSums (&sums)[2]) {
  const QuadSteps steps = steps_of(kernel, quad);
  const std::ptrdiff_t between = std::ptrdiff_t{16} * steps.steps;
  for (int32_t done = 0; done < positions;) {
    const int32_t left = positions - done;
    const int32_t beyond = left % 6;
    if (left <= 4 || beyond == 1 || beyond == 2 || beyond == 4) {
      two_quads_tile<Form, 4>(steps, between, input, bias, done, sums);
      done += 4;
    } else {
      two_quads_tile<Form, 6>(steps, between, input, bias, done, sums);
      done += 6;
    }
  }
}

}  // namespace edgy::kernels
