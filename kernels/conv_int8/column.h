// Sums of a single position of weights that are packed for many (else: kernels/column_int8), as
// templates over the instruction form: lanes are output channels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv_int8/quad_steps.h"
#include "kernels/forms.h"

namespace edgy::kernels {

/// Adds to four of `sums`.
inline void add_sums(v128_t more, int32_t* sums) {
  wasm_v128_store(sums, wasm_i32x4_add(wasm_v128_load(sums), more));
}

/// `Quads` quads at one position.
template <typename Form, int Quads>
void dense_column(const QuadSteps& first, const int8_t* input, int32_t* sums) {
  const Form form;
  typename Form::Sum sum[2][Quads];
  for (int quad = 0; quad < Quads; ++quad) {
    sum[0][quad] = sum[1][quad] = Form::start(0);
  }
  const std::ptrdiff_t quad_bytes = narrow<std::ptrdiff_t>(int64_t{16} * first.steps);
  const auto accumulate = [&](int set, int32_t step) __attribute__((always_inline)) {
    const typename Form::Operand activations = Form::splat(input + first.offsets[step]);
    const int8_t* weight = first.weights + std::ptrdiff_t{16} * step;
    for (int quad = 0; quad < Quads; ++quad, weight += quad_bytes) {
      form.accumulate(sum[set][quad], Form::load(weight), activations);
    }
  };
  int32_t step = 0;
  for (; step + 2 <= first.steps; step += 2) {
    accumulate(0, step);
    accumulate(1, step + 1);
  }
  if (step < first.steps) {
    accumulate(0, step);
  }
  for (int quad = 0; quad < Quads; ++quad) {
    add_sums(wasm_i32x4_add(Form::finish(sum[0][quad]), Form::finish(sum[1][quad])),
             sums + std::ptrdiff_t{4} * quad);
  }
}

/// QuadKernel::AccumulateColumn for weights packed [quad][step][4 out][4 in].
template <typename Form>
void accumulate_dense_column(const QuadKernel& kernel, int64_t quad, int64_t quads,
                             const int8_t* input, int32_t* sums) {
  for (; quads >= 4; quads -= 4, quad += 4, sums += 16) {
    dense_column<Form, 4>(steps_of(kernel, quad), input, sums);
  }
  for (; quads > 0; --quads, ++quad, sums += 4) {
    dense_column<Form, 1>(steps_of(kernel, quad), input, sums);
  }
}

}  // namespace edgy::kernels
