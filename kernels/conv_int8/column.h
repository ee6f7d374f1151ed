// Sums of a single position as templates over the instruction form: lanes are output channels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "kernels/conv_int8/quad_steps.h"
#include "kernels/forms.h"

namespace edgy::kernels {

/// As `panel_quads` of the form: their sums fill half the registers.
template <typename Form>
inline constexpr int32_t kPanelQuads = kMostPanelQuads / Form::kRegistersPerSum;

/// Adds to four of `sums`.
inline void add_sums(v128_t more, int32_t* sums) {
  wasm_v128_store(sums, wasm_i32x4_add(wasm_v128_load(sums), more));
}

/// `Quads` quads at one position, of weights that are not packed for it.
template <typename Form, int Quads>
void dense_column(const QuadSteps& first, const int8_t* input, int32_t* sums) {
  const Form form;
  typename Form::Sum sum[2][Quads];
  for (int quad = 0; quad < Quads; ++quad) {
    sum[0][quad] = sum[1][quad] = Form::start(0);
  }
  const std::ptrdiff_t quad_bytes = std::ptrdiff_t{16} * first.steps;
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
void accumulate_dense_column(const QuadKernel& kernel, int32_t quad, int32_t quads,
                             const int8_t* input, int32_t* sums) {
  for (; quads >= 4; quads -= 4, quad += 4, sums += 16) {
    dense_column<Form, 4>(steps_of(kernel, quad), input, sums);
  }
  for (; quads > 0; --quads, ++quad, sums += 4) {
    dense_column<Form, 1>(steps_of(kernel, quad), input, sums);
  }
}

/// A panel of `Quads` quads at one position: a splat of four activations serves all of them,
/// weights stream through. The first `paired` steps are sum pairs.
template <typename Form, int Quads>
void panel_column(const QuadSteps& panel, int32_t paired, const int8_t* input, int32_t* sums) {
  const Form form;
  // Two sets of sums where there are few, to hide the latency of an accumulation.
  constexpr int sets = Quads * Form::kRegistersPerSum <= 4 ? 2 : 1;
  typename Form::Sum sum[sets][Quads];
  for (auto& set : sum) {
    for (auto& quad : set) {
      quad = Form::start(0);
    }
  }
  const int8_t* weights = panel.weights;
  const int32_t* offsets = panel.offsets;
  const auto accumulate_two = [&](int set) __attribute__((always_inline)) {
    uint64_t pair;
    std::memcpy(&pair, offsets, sizeof pair);
    const typename Form::Operand first = Form::splat(input + static_cast<uint32_t>(pair));
    const typename Form::Operand second = Form::splat(input + (pair >> 32));
    for (int quad = 0; quad < Quads; ++quad) {
      form.accumulate_two(sum[set][quad], Form::load(weights + 16 * quad), first,
                          Form::load(weights + 16 * (Quads + quad)), second);
    }
    offsets += 2;
    weights += 32 * Quads;
  };
  const int32_t* paired_end = offsets + paired;
  const int32_t* end = offsets + panel.steps;
  while (paired_end - offsets >= 2 * sets) {
    for (int set = 0; set < sets; ++set) {
      accumulate_two(set);
    }
  }
  if (offsets != paired_end) {
    accumulate_two(0);
  }
  for (; offsets != end; ++offsets, weights += 16 * Quads) {
    const typename Form::Operand activations = Form::splat(input + *offsets);
    for (int quad = 0; quad < Quads; ++quad) {
      form.accumulate(sum[0][quad], Form::load(weights + 16 * quad), activations);
    }
  }
  for (int quad = 0; quad < Quads; ++quad) {
    v128_t total = Form::finish(sum[0][quad]);
    if constexpr (sets == 2) {
      total = wasm_i32x4_add(total, Form::finish(sum[1][quad]));
    }
    add_sums(total, sums + std::ptrdiff_t{4} * quad);
  }
}

/// QuadKernel::AccumulateColumn for panels.
template <typename Form>
void accumulate_panel_column(const QuadKernel& kernel, int32_t quad, int32_t quads,
                             const int8_t* input, int32_t* sums) {
  const PanelPlace place(quad, kernel.quads_per_group, kernel.quads_per_panel);
  const int32_t* starts = kernel.starts + place.panel;
  const int32_t* paired = kernel.paired_steps + place.panel;
  QuadSteps panel = steps_of(kernel, quad);
  const auto run = [&]<int Quads>() {
    panel.steps = starts[1] - starts[0];
    panel_column<Form, Quads>(panel, *paired, input, sums);
    panel.offsets += panel.steps;
    panel.weights += std::ptrdiff_t{16} * Quads * panel.steps;
    ++starts;
    ++paired;
    sums += 4 * Quads;
  };
  for (; kernel.quads_per_panel == 1 && quads > 0; --quads) {
    run.template operator()<1>();
  }
  constexpr int full = kPanelQuads<Form>;
  for (; quads >= full; quads -= full) {
    run.template operator()<full>();
  }
  [&]<int... Index>(std::integer_sequence<int, Index...>) {
    ((quads == Index + 1 ? run.template operator()<Index + 1>() : void()), ...);
  }
  (std::make_integer_sequence<int, full - 1>());
}

}  // namespace edgy::kernels
