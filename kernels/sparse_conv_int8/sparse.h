// Sparse sums as templates over the instruction form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/conv_int8/requantizer.h"
#include "kernels/forms.h"
#include "kernels/sparse_conv_int8/rows.h"

namespace edgy::kernels {

/// The functions of one instruction form.
struct SparseForms {
  RowKernel::ToValues to_values;
  RowKernel::ToSums to_sums;
};

SparseForms sparse_simd128();
SparseForms sparse_wide();  ///< kSimd128 over a StripCopy in 16 bits
SparseForms sparse_relaxed_dot();
SparseForms sparse_relaxed_pair();

/// The blocks of one output channel.
struct SparseRow {
  const int8_t* values;
  const int32_t* offsets;
  int32_t blocks;
};

/// Where a chunk's rows lie. Loops keep a copy in registers: through a reference it would be read
/// again for each row, because results are stored in between.
struct SparseRows {
  explicit SparseRows(const RowKernel& kernel)
      : values(kernel.values), offsets(kernel.offsets), starts(kernel.row_starts) {}

  /// Its blocks have `block_bytes` bytes.
  SparseRow row(int64_t index, int64_t block_bytes) const {
    const int32_t begin = starts[index];
    return {values + block_bytes * begin, offsets + begin, starts[index + 1] - begin};
  }

  const int8_t* values;
  const int32_t* offsets;
  const int32_t* starts;
};

/// Most vectors of a strip: as many sums as 15 registers hold beside two weights, two products and
/// a constant. Simd128 has two registers a sum.
template <typename Form>
inline constexpr int32_t kSparseStripVectors = Form::kRegistersPerSum == 2 ? 4 : kStripVectors;

/// A dot product that adds to its sum takes four or five cycles, and two can start in each: strips
/// of fewer vectors than this need two sets of sums.
inline constexpr int kVectorsOfOneSet = 5;

/// One output channel by `Vectors` vectors: a block is one splat of its weights for all of them.
/// Moves `row` to its end.
template <typename Form, int Vectors>
__attribute__((always_inline)) inline void sparse_tile(const Form& form, SparseRow& row,
                                                       const int8_t* input, const int32_t* bias,
                                                       v128_t (&sums)[Vectors]) {
  constexpr int sets = Form::kSlowSum && Vectors < kVectorsOfOneSet ? 2 : 1;
  typename Form::Sum sum[sets][Vectors];
  for (auto& set : sum) {
    for (auto& vector : set) {
      vector = Form::start(0);
    }
  }
  for (auto& vector : sum[0]) {
    vector = Form::start(*bias);
  }
  // Two blocks at a time: of more, compilers mix the steps and run out of registers.
  const int8_t* values = row.values;
  const int32_t* offsets = row.offsets;
  for (const int32_t* end = offsets + row.blocks; offsets != end;) {
    const typename Form::Operand first = Form::splat(values);
    const typename Form::Operand second = Form::splat(values + 4);
    const int8_t* first_input = input + static_cast<uint32_t>(offsets[0]);
    const int8_t* second_input = input + static_cast<uint32_t>(offsets[1]);
    if constexpr (Form::kSlowSum) {
      for (int v = 0; v < Vectors; ++v) {
        form.accumulate(sum[0][v], first, Form::load(first_input + Form::kVectorBytes * v));
      }
      for (int v = 0; v < Vectors; ++v) {
        form.accumulate(sum[sets - 1][v], second,
                        Form::load(second_input + Form::kVectorBytes * v));
      }
    } else {
      for (int v = 0; v < Vectors; ++v) {
        form.accumulate_two(sum[0][v], first, Form::load(first_input + Form::kVectorBytes * v),
                            second, Form::load(second_input + Form::kVectorBytes * v));
      }
    }
    values += 8;
    offsets += 2;
  }
  row.values = values;
  row.offsets = offsets;
  for (int v = 0; v < Vectors; ++v) {
    sums[v] = Form::finish(sum[0][v]);
    if constexpr (sets == 2) {
      sums[v] = wasm_i32x4_add(sums[v], Form::finish(sum[1][v]));
    }
  }
}

/// How a kernel of blocks computes a row.
template <typename Form>
struct BlockTile {
  static constexpr std::ptrdiff_t kBlockBytes = 4;
  static constexpr int kVectorsAtATime = 1;
  static constexpr int kMostVectors = kSparseStripVectors<Form>;
  Form form;

  template <int Vectors>
  __attribute__((always_inline)) void compute(SparseRow& row, const int8_t* input,
                                              const int32_t* bias, v128_t (&sums)[Vectors]) const {
    sparse_tile<Form, Vectors>(form, row, input, bias, sums);
  }
};

/// What becomes of a row's sums: int8 values.
class RowsToValues {
 public:
  RowsToValues(const ConvQuantization& quantization, int8_t* values)
      : requantizer_(quantization), scales_(quantization.scale.data()), values_(values) {}

  template <int Vectors>
  void store(int32_t channel, int64_t place, const v128_t (&sums)[Vectors]) const {
    const v128_t scale = wasm_v128_load32_splat(scales_ + channel);
    int8_t* out = values_ + kPlanarBytes * place;
    for (int first = 0; first < Vectors; first += 4) {
      v128_t four[4];
      for (int i = 0; i < 4; ++i) {
        four[i] = first + i < Vectors ? requantizer_(sums[first + i], scale) : four[i - 1];
      }
      wasm_v128_store(out + 4 * first, requantizer_.narrow(four));
    }
  }

 private:
  Requantizer requantizer_;
  const float* scales_;
  int8_t* values_;
};

/// What becomes of a row's sums: they are kept as they are.
class RowsToSums {
 public:
  RowsToSums(const ConvQuantization&, QuadSums* sums) : sums_(sums) {}

  template <int Vectors>
  void store(int32_t, int64_t place, const v128_t (&sums)[Vectors]) const {
    int32_t* out = sums_[place / 4].channel[place % 4];
    for (int v = 0; v < Vectors; ++v) {
      wasm_v128_store(out + 4 * v, sums[v]);
    }
  }

 private:
  QuadSums* sums_;
};

/// The rows of a chunk, `Vectors` wide.
template <typename Tile, typename Results, int Vectors>
__attribute__((noinline)) void sparse_rows(const RowKernel& kernel, const RowKernel::Chunk& chunk,
                                           const ConvQuantization& quantization,
                                           const Results results) {
  const Tile tile;
  const SparseRows rows(kernel);
  const RowKernel::Chunk own = chunk;
  const int32_t* channels = kernel.channels + own.begin;
  const int32_t* bias = quantization.bias.data();
  // Pointers run on from row to row, and the next row's end is read before this row is computed.
  const int32_t* starts = rows.starts + own.begin;
  SparseRow row = rows.row(own.begin, Tile::kBlockBytes);
  for (int64_t left = own.end - own.begin; left > 0; --left) {
    const int32_t channel = *channels++;
    ++starts;
    const int32_t next_blocks = left > 1 ? starts[1] - starts[0] : 0;
    v128_t sums[Vectors];
    tile.compute(row, own.input, bias + channel, sums);
    row.blocks = next_blocks;
    results.store(channel, channel - own.first_channel, sums);
  }
}

/// RowKernel::ToValues and ToSums.
template <typename Tile, typename Results, typename Out>
void sparse_chunk(const RowKernel& kernel, const RowKernel::Chunk& chunk,
                  const ConvQuantization& quantization, Out* out) {
  constexpr int step = Tile::kVectorsAtATime;
  const Results results(quantization, out);
  const int32_t steps = (chunk.vectors + step - 1) / step;
  [&]<int... Index>(std::integer_sequence<int, Index...>) {
    ((steps == Index + 1
          ? sparse_rows<Tile, Results, step*(Index + 1)>(kernel, chunk, quantization, results)
          : void()),
     ...);
  }
  (std::make_integer_sequence<int, Tile::kMostVectors / step>());
}

template <typename Tile>
SparseForms sparse_forms() {
  return {sparse_chunk<Tile, RowsToValues>, sparse_chunk<Tile, RowsToSums>};
}

}  // namespace edgy::kernels
