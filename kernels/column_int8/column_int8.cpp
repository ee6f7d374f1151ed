#include "kernels/column_int8/column_int8.h"

#include <algorithm>
#include <cstring>

#include "kernels/column_int8/column.h"
#include "kernels/conv_int8/geometry.h"
#include "kernels/conv_int8/output.h"
#include "kernels/forms_of.h"
#include "kernels/simd.h"
#include "kernels/sparse_conv_int8/sparse_conv_int8.h"

namespace edgy::kernels {

alignas(64) constinit thread_local int8_t activation_column[kColumnBytes + 16] = {};

namespace {

RunColumnPanel kernel_of(const PackedColumnWeights& weights) {
  const ColumnForms forms =
      forms_of<column_simd128, column_relaxed_dot, column_relaxed_pair>(weights.isa());
  switch (weights.blocks()) {
    case ColumnBlocks::kNonZero4x4:
      return forms.blocks_4x4;
    case ColumnBlocks::kNonZero1x4:
      return forms.blocks_1x4;
    case ColumnBlocks::kAll:
      break;
  }
  return forms.all;
}

void fill_column(const ColumnInput& column, const int8_t* input) {
  int8_t* out = activation_column;
  const std::size_t bytes = 4 * column.offsets.size();
  if (column.in_order) {
    for (std::size_t i = 0; i < bytes; i += 16) {  // an image may be read a little past its end
      wasm_v128_store(out + i, wasm_v128_load(input + i));
    }
  } else {
    for (const int32_t offset : column.offsets) {
      std::memcpy(out, input + offset, 4);
      out += 4;
    }
  }
  std::memset(activation_column + bytes, 0, 4);
}

// Adds a chunk's sums, in order of packing, to the biases of its channels.
void add_in_place(const PackedColumnWeights& weights, const ColumnChunk& chunk,
                  const uint16_t* places, const int32_t* packed, int32_t* sums) {
  if (weights.blocks() == ColumnBlocks::kNonZero1x4) {
    for (int64_t lane = 0; lane < 4 * chunk.units; ++lane) {
      sums[places[lane]] += packed[lane];
    }
    return;
  }
  for (int64_t unit = 0; unit < chunk.units; ++unit) {
    int32_t* to = sums + 4 * (places == nullptr ? unit : places[unit]);
    wasm_v128_store(to, wasm_i32x4_add(wasm_v128_load(to), wasm_v128_load(packed + 4 * unit)));
  }
}

// All channels of one position.
void run_position(const PackedColumnWeights& weights, const ColumnInput& column,
                  int64_t group_bytes, const int8_t* input, const ConvQuantization& quantization,
                  int64_t position, const OutputWriter& writer) {
  const RunColumnPanel kernel = kernel_of(weights);
  const ConvShape& shape = weights.shape();
  const int64_t group_channels = shape.out_channels / shape.groups;
  const ColumnPanel* panel = weights.panels().data();
  const uint16_t* places = weights.places().empty() ? nullptr : weights.places().data();
  ColumnReader reader = {weights.values(), weights.offsets(), weights.runs()};
  alignas(16) int32_t packed[4 * kChunkUnits];
  alignas(16) int32_t sums[4 * kChunkUnits];
  for (const ColumnChunk& chunk : weights.chunks()) {
    if (chunk.first_channel % group_channels == 0) {
      fill_column(column, input + group_bytes * (chunk.first_channel / group_channels));
    }
    int32_t* out = packed;
    for (int64_t i = 0; i < chunk.panels; ++i, ++panel) {
      kernel(*panel, reader, out);
      out += std::ptrdiff_t{4} * panel->units;
    }
    const int64_t channels = std::min(4 * chunk.units, shape.out_channels - chunk.first_channel);
    std::copy_n(quantization.bias.data() + chunk.first_channel, channels, sums);
    std::fill(sums + channels, sums + 4 * chunk.units, 0);
    add_in_place(weights, chunk, places, packed, sums);
    if (places != nullptr) {
      places += weights.blocks() == ColumnBlocks::kNonZero1x4 ? 4 * chunk.units : chunk.units;
    }
    writer.store_column(chunk.first_channel / 4, chunk.units, position, sums);
  }
}

}  // namespace

bool supports_column(const ConvShape& shape) {
  return supports_sparse(shape) &&
         capped_product(4, group_blocks(shape), taps(shape)) <= kColumnBytes;
}

ColumnInput column_input(const ConvShape& shape, const Block4& input) {
  ColumnInput column = {conv_offsets(shape, input), true};
  int64_t in_order = 0;
  for (const int32_t offset : column.offsets) {
    column.in_order = column.in_order && offset == in_order;
    in_order += 4;
  }
  return column;
}

void column_int8(const PackedColumnWeights& weights, const ColumnInput& column,
                 const Block4& input_layout, const int8_t* input,
                 const ConvQuantization& quantization, const ConvOutput& output) {
  const ConvShape& shape = weights.shape();
  const int64_t width = output.layout.width;
  const OutputWriter writer(quantization, output, width);
  const int64_t group_bytes = input_layout.block_bytes() * group_blocks(shape);
  for (int64_t y = 0; y < output.layout.height; ++y) {
    const int8_t* row = input + input_layout.row_bytes() * shape.stride_h * y;
    for (int64_t x = 0; x < width; ++x) {
      run_position(weights, column, group_bytes, row + 4 * x, quantization, width * y + x, writer);
    }
  }
}

}  // namespace edgy::kernels
