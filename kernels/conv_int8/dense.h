// Dense, matrix-vector and depthwise sums as templates over the instruction form.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "kernels/conv_int8/quads.h"
#include "kernels/forms.h"

namespace edgy::kernels {

/// The accumulate functions of one instruction form.
struct ConvForms {
  QuadKernel::Accumulate dense;
  QuadKernel::AccumulateColumn dense_column;
  QuadKernel::AccumulateColumn panel_column;
  QuadKernel::Accumulate depthwise;
};

ConvForms conv_simd128();
ConvForms conv_relaxed_dot();
ConvForms conv_relaxed_pair();

/// As `panel_quads` of the form: their sums fill half the registers.
template <typename Form>
inline constexpr int32_t kPanelQuads = kMostPanelQuads / Form::kRegistersPerSum;

/// The stored steps of a quad: all, or those of its non-zero 4x4 blocks.
struct QuadSteps {
  const int8_t* weights;
  const int32_t* offsets;
  int32_t steps;
  std::ptrdiff_t step_bytes;  ///< from the weights of a step to those of the next
};

inline QuadSteps steps_of(const QuadKernel& kernel, int32_t quad) {
  if (kernel.starts == nullptr) {
    return {kernel.weights + std::size_t{16} * kernel.steps * quad, kernel.offsets, kernel.steps,
            16};
  }
  const PanelPlace place(quad, kernel.quads_per_group, kernel.quads_per_panel);
  const int32_t begin = kernel.starts[place.panel];
  const int32_t steps = kernel.starts[place.panel + 1] - begin;
  // Panels of several quads store all steps.
  const std::size_t blocks_before =
      kernel.quads_per_panel == 1 ? begin : std::size_t{1} * steps * place.first_quad;
  return {kernel.weights + 16 * (blocks_before + place.in_panel), kernel.offsets + begin, steps,
          std::ptrdiff_t{16} * place.quads};
}

/// Four output channels by `Vectors` vectors, all in registers. `InPanels`: else the weights of the
/// quad follow each other.
template <typename Form, int Vectors, bool InPanels>
void dense_tile(const QuadSteps& quad, const int8_t* input, const int32_t (&bias)[4],
                int32_t first_vector, QuadSums& sums) {
  const Form form;
  auto [weights, offsets, steps, step_bytes] = quad;
  typename Form::Sum sum[4][Vectors];
  for (int i = 0; i < 4; ++i) {
    for (int v = 0; v < Vectors; ++v) {
      sum[i][v] = Form::start(bias[i]);
    }
  }
  input += std::ptrdiff_t{16} * first_vector;
  for (int32_t step = 0; step < steps; ++step) {
    const int8_t* activations = input + offsets[step];
    typename Form::Operand operand[Vectors];
    for (int v = 0; v < Vectors; ++v) {
      operand[v] = Form::load(activations + 16 * v);
    }
    for (int i = 0; i < 4; ++i) {
      const typename Form::Operand weight = Form::splat(weights + 4 * i);
      for (int v = 0; v < Vectors; ++v) {
        form.accumulate(sum[i][v], weight, operand[v]);
      }
    }
    weights += InPanels ? step_bytes : 16;
  }
  for (int i = 0; i < 4; ++i) {
    for (int v = 0; v < Vectors; ++v) {
      wasm_v128_store(sums.channel[i] + 4 * (first_vector + v), Form::finish(sum[i][v]));
    }
  }
}

/// Two or three positions: the lanes are the four output channels, so that weights are read once,
/// as they lie.
template <typename Form, int Positions>
void dense_columns(const QuadSteps& quad, const int8_t* input, const int32_t (&bias)[4],
                   QuadSums& sums) {
  const Form form;
  const auto [weights, offsets, steps, step_bytes] = quad;
  constexpr int chains = 2;  // to hide the latency of an accumulation
  typename Form::Sum sum[chains][Positions];
  for (auto& chain : sum) {
    for (auto& position : chain) {
      position = Form::start(0);
    }
  }
  const auto accumulate = [&](int chain, int32_t step) __attribute__((always_inline)) {
    const typename Form::Operand weight = Form::load(weights + step_bytes * step);
    for (int p = 0; p < Positions; ++p) {
      form.accumulate(sum[chain][p], weight, Form::splat(input + offsets[step] + 4 * p));
    }
  };
  int32_t step = 0;
  for (; step + chains <= steps; step += chains) {
    for (int chain = 0; chain < chains; ++chain) {
      accumulate(chain, step + chain);
    }
  }
  for (; step < steps; ++step) {
    accumulate(0, step);
  }
  for (int p = 0; p < Positions; ++p) {
    v128_t total = wasm_v128_load(bias);
    for (int chain = 0; chain < chains; ++chain) {
      total = wasm_i32x4_add(total, Form::finish(sum[chain][p]));
    }
    sums.channel[0][p] = wasm_i32x4_extract_lane(total, 0);
    sums.channel[1][p] = wasm_i32x4_extract_lane(total, 1);
    sums.channel[2][p] = wasm_i32x4_extract_lane(total, 2);
    sums.channel[3][p] = wasm_i32x4_extract_lane(total, 3);
  }
}

template <typename Form, bool InPanels>
void dense_tiles(const QuadSteps& steps, const int8_t* input, int32_t vectors,
                 const int32_t (&bias)[4], QuadSums& sums) {
  constexpr int tile_vectors = 2 / Form::kRegistersPerSum;
  int32_t vector = 0;
  for (; vector + tile_vectors <= vectors; vector += tile_vectors) {
    dense_tile<Form, tile_vectors, InPanels>(steps, input, bias, vector, sums);
  }
  if (vector < vectors) {
    dense_tile<Form, 1, InPanels>(steps, input, bias, vector, sums);
  }
}

/// QuadKernel::Accumulate for weights packed [panel][step][quad][4 out][4 in].
template <typename Form>
void accumulate_dense(const QuadKernel& kernel, int32_t quad, const int8_t* input,
                      int32_t positions, const int32_t (&bias)[4], QuadSums& sums) {
  const QuadSteps steps = steps_of(kernel, quad);
  if (positions == 2) {
    return dense_columns<Form, 2>(steps, input, bias, sums);
  }
  if (positions == 3) {
    return dense_columns<Form, 3>(steps, input, bias, sums);
  }
  const int32_t vectors = (positions + 3) / 4;
  if (steps.step_bytes == 16) {
    dense_tiles<Form, false>(steps, input, vectors, bias, sums);
  } else {
    dense_tiles<Form, true>(steps, input, vectors, bias, sums);
  }
}

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
    quads -= Quads;
    sums += 4 * Quads;
  };
  while (kernel.quads_per_panel == 1 && quads > 0) {
    run.template operator()<1>();
  }
  constexpr int full = kPanelQuads<Form>;
  while (quads >= full) {
    run.template operator()<full>();
  }
  [&]<int... Index>(std::integer_sequence<int, Index...>) {
    ((quads == Index + 1 ? run.template operator()<Index + 1>() : void()), ...);
  }
  (std::make_integer_sequence<int, full - 1>());
}

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

template <typename Form>
ConvForms conv_forms() {
  return {accumulate_dense<Form>, accumulate_dense_column<Form>, accumulate_panel_column<Form>,
          accumulate_depthwise<Form>};
}

}  // namespace edgy::kernels
