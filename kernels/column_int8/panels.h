// Sums of single positions as templates over the instruction form.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/column_int8/column.h"
#include "kernels/forms.h"

namespace edgy::kernels {

template <typename Form, int Units>
void store_units(const typename Form::Sum (&sum)[Units], int32_t* sums) {
  for (int unit = 0; unit < Units; ++unit) {
    wasm_v128_store(sums + std::ptrdiff_t{4} * unit, Form::finish(sum[unit]));
  }
}

/// kAll: a splat of four activations serves all units.
template <typename Form, int Units>
void all_panel(const ColumnPanel& panel, ColumnReader& reader, int32_t* sums) {
  const Form form;
  constexpr int together = stream_units(Units);
  const std::ptrdiff_t stream_bytes = std::ptrdiff_t{32} * together * panel.turns;
  typename Form::Sum sum[Units];
  for (auto& unit : sum) {
    unit = Form::start(0);
  }
  const int8_t* weights = reader.values;
  const int8_t* activations = activation_column;
  const auto turn = [&](auto accumulate) __attribute__((always_inline)) {
    const typename Form::Operand first = Form::splat(activations);
    const typename Form::Operand second = Form::splat(activations + 4);
    const int8_t* stream = weights;
    for (int unit = 0; unit < Units; unit += together) {
      for (int i = 0; i < together; ++i) {
        accumulate(sum[unit + i], Form::load(stream + 16 * i), first,
                   Form::load(stream + 16 * (together + i)), second);
      }
      stream += stream_bytes;
    }
    activations += 8;
    weights += 32 * together;
  };
  const int8_t* end = activation_column + std::ptrdiff_t{8} * panel.turns;
  for (int32_t run = 0; run < panel.runs; ++run) {
    const int8_t* run_end = activation_column + std::ptrdiff_t{8} * reader.runs[run];
    while (activations != run_end) {
      turn([&](auto& to, auto first_weights, auto first, auto second_weights, auto second)
               __attribute__((always_inline)) {
                 form.accumulate_two(to, first_weights, first, second_weights, second);
               });
    }
    if (activations != end) {
      turn([&](auto& to, auto first_weights, auto first, auto second_weights, auto second)
               __attribute__((always_inline)) {
                 form.accumulate(to, first_weights, first);
                 form.accumulate(to, second_weights, second);
               });
    }
  }
  reader.values += stream_bytes * (Units / together);
  reader.runs += panel.runs;
  store_units<Form, Units>(sum, sums);
}

/// The activations of a block: one splat (4x4), or gathered for each lane (1x4).
template <typename Form, int Offsets>
__attribute__((always_inline)) inline typename Form::Operand block_activations(
    const uint16_t* offsets) {
  const int8_t* column = activation_column;
  if constexpr (Offsets == 1) {
    return Form::splat(column + offsets[0]);
  } else {
    const v128_t low = wasm_i32x4_shuffle(wasm_v128_load32_zero(column + offsets[0]),
                                          wasm_v128_load32_zero(column + offsets[1]), 0, 4, 1, 5);
    const v128_t high = wasm_i32x4_shuffle(wasm_v128_load32_zero(column + offsets[2]),
                                           wasm_v128_load32_zero(column + offsets[3]), 0, 4, 1, 5);
    return Form::widen(wasm_i64x2_shuffle(low, high, 0, 2));
  }
}

/// Blocks with offsets of their own: one for each block of four output channels, or one for each of
/// the four.
template <typename Form, int Units, int Offsets>
void blocks_panel(const ColumnPanel& panel, ColumnReader& reader, int32_t* sums) {
  const Form form;
  typename Form::Sum sum[Units];
  for (auto& unit : sum) {
    unit = Form::start(0);
  }
  const int8_t* weights = reader.values;
  const uint16_t* offsets = reader.offsets;
  const int8_t* end = weights + std::ptrdiff_t{32} * Units * panel.turns;
  while (weights != end) {
    for (int unit = 0; unit < Units; ++unit) {
      const typename Form::Operand first = block_activations<Form, Offsets>(offsets);
      const typename Form::Operand second = block_activations<Form, Offsets>(offsets + Offsets);
      form.accumulate_two(sum[unit], Form::load(weights), first, Form::load(weights + 16), second);
      weights += 32;
      offsets += 2 * Offsets;
    }
  }
  reader.values = weights;
  reader.offsets = offsets;
  store_units<Form, Units>(sum, sums);
}

/// Calls `run` with the panel's number of units as its template argument.
template <typename Form, typename Run>
void with_units(const ColumnPanel& panel, const Run& run) {
  constexpr int whole = 8 / Form::kRegistersPerSum;
  if (panel.units == whole) {
    run.template operator()<whole>();
  } else if (panel.units == whole / 2) {
    run.template operator()<whole / 2>();
  } else {
    run.template operator()<1>();
  }
}

template <typename Form>
ColumnForms column_forms() {
  return {[](const ColumnPanel& panel, ColumnReader& reader, int32_t* sums) {
            with_units<Form>(panel,
                             [&]<int Units>() { all_panel<Form, Units>(panel, reader, sums); });
          },
          [](const ColumnPanel& panel, ColumnReader& reader, int32_t* sums) {
            with_units<Form>(
                panel, [&]<int Units>() { blocks_panel<Form, Units, 1>(panel, reader, sums); });
          },
          [](const ColumnPanel& panel, ColumnReader& reader, int32_t* sums) {
            with_units<Form>(
                panel, [&]<int Units>() { blocks_panel<Form, Units, 4>(panel, reader, sums); });
          }};
}

}  // namespace edgy::kernels
