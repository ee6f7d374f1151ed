// One convolution layer with random weights in any kernel, form and density, set up once and run
// many times.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/column_int8/column_int8.h"
#include "kernels/conv_cost/conv_cost.h"
#include "kernels/conv_int8/conv_int8.h"
#include "kernels/sparse_conv_int8/sparse_conv_int8.h"
#include "tests/bench/kernels/operands.h"

namespace {

using namespace edgy::kernels;
using namespace edgy::bench;

struct Layer {
  ConvShape shape;
  Block4 input_layout;
  Block4 output_layout;
  std::optional<PackedConvWeights> dense;
  std::optional<PackedSparseWeights> sparse;
  std::optional<PackedColumnWeights> column;  ///< of a single position
  ColumnInput column_input;
  std::vector<int32_t> offsets;
  std::vector<int8_t> input;
  std::vector<int8_t> output;
  std::vector<int32_t> bias;
  std::vector<float> scale;
  ConvWork work;
};

Layer layer;

// Of four weights in a row, from the first on.
int64_t blocks_1x4(const std::vector<int8_t>& weights) {
  int64_t blocks = 0;
  for (std::size_t i = 0; i < weights.size(); i += 4) {
    const auto four = std::span(weights).subspan(i, std::min<std::size_t>(4, weights.size() - i));
    blocks += std::ranges::any_of(four, [](int8_t weight) { return weight != 0; }) ? 1 : 0;
  }
  return blocks;
}

ConvWork work_of(const ConvShape& shape, const std::vector<int8_t>& weights, const OutputSize& size,
                 Isa isa, int32_t kernel) {
  switch (kernel) {
    case 1:
      return sparse_work(shape, blocks_1x4(weights), size, isa);
    case 2:
      return dense_work(shape, size, density_4x4(shape, weights));
    case 3: {
      const auto zeros = std::ranges::count(weights, 0);
      return single_work(shape, std::ssize(weights) - zeros, size);
    }
    default:
      return dense_work(shape, size);
  }
}

}  // namespace

/// Square kernels have height kernel too when `two_dimensional`. `form` numbers Isa. Density is in
/// thousandths, of what `pattern` keeps; `sparse` 0: dense kernel, 1: the one for 1x4 blocks, 2:
/// the one for 4x4 blocks, 3: the one for single weights.
EXPORT void set_up(int32_t in_channels, int32_t out_channels, int32_t kernel, int32_t positions,
                   int32_t two_dimensional, int32_t depthwise, int32_t density, int32_t sparse,
                   int32_t form, int32_t pattern) {
  layer = {};
  layer.shape = {.in_channels = in_channels, .out_channels = out_channels, .kernel_w = kernel};
  layer.input_layout = {.channels = in_channels, .width = positions + kernel - 1};
  layer.output_layout = {.channels = out_channels, .width = positions};
  if (two_dimensional != 0) {
    layer.shape.kernel_h = kernel;
    layer.input_layout.height = layer.input_layout.width;
    layer.output_layout.height = positions;
  }
  if (depthwise != 0) {
    layer.shape.groups = in_channels;
  }
  const std::vector<int8_t> weights =
      random_weights(layer.shape, static_cast<Pattern>(pattern), density);
  const auto isa = static_cast<Isa>(form);
  const OutputSize size = {layer.output_layout.height, positions};
  if (size.height * size.width == 1) {
    const ColumnBlocks blocks = sparse == 0   ? ColumnBlocks::kAll
                                : sparse == 1 ? ColumnBlocks::kNonZero1x4
                                              : ColumnBlocks::kNonZero4x4;
    layer.column.emplace(layer.shape, weights, isa, blocks);
    layer.column_input = column_input(layer.shape, layer.input_layout);
  } else if (sparse == 1 || sparse == 3) {
    layer.sparse.emplace(layer.shape, weights, isa,
                         sparse == 3 ? SparseBlocks::k1x1 : SparseBlocks::k1x4);
    layer.offsets = sparse_conv_offsets(*layer.sparse, layer.input_layout);
  } else {
    layer.dense.emplace(layer.shape, weights, isa,
                        sparse == 2 ? ConvBlocks::kNonZero4x4 : ConvBlocks::kAll);
    layer.offsets = conv_offsets(*layer.dense, layer.input_layout);
  }
  layer.work = work_of(layer.shape, weights, size, isa, sparse);
  layer.input.resize(layer.input_layout.bytes());
  fill_activations(layer.input);
  layer.output.resize(layer.output_layout.bytes());
  layer.bias.assign(out_channels, 0);
  layer.scale.assign(out_channels, 0.001F);
}

EXPORT void run_layer(int32_t times) {
  const ConvQuantization quantization = {layer.bias, layer.scale, 3, 0, 127};
  const ConvOutput output = {ConvOutput::Kind::kBlock4, layer.output_layout, layer.output.data()};
  for (int32_t i = 0; i < times; ++i) {
    if (layer.column) {
      column_int8(*layer.column, layer.column_input, layer.input_layout, layer.input.data(),
                  quantization, output);
    } else if (layer.sparse) {
      sparse_conv_int8(*layer.sparse, layer.offsets, layer.input_layout, layer.input.data(),
                       quantization, output);
    } else {
      conv_int8(*layer.dense, layer.offsets, layer.input_layout, layer.input.data(), quantization,
                output);
    }
  }
}

/// Sum of the output bytes: forms that compute the same give the same.
EXPORT int32_t checksum() {
  int32_t sum = 0;
  for (std::size_t i = 0; i < layer.output.size(); ++i) {
    sum = sum * 31 + layer.output[i];
  }
  return sum;
}

/// Weights and offsets that one run reads.
EXPORT int32_t weight_bytes() {
  if (layer.column) {
    return static_cast<int32_t>(layer.column->bytes());
  }
  const bool own_offsets = layer.sparse || !layer.dense->starts().empty();
  const std::size_t values =
      layer.sparse ? layer.sparse->values().size() : layer.dense->data().size();
  return static_cast<int32_t>(values + (own_offsets ? layer.offsets.size() * 4 : 0));
}

/// What the cost model counts: 0 products, 1 outputs, 2 passes.
EXPORT double layer_work(int32_t which) {
  return which == 0 ? layer.work.products : which == 1 ? layer.work.outputs : layer.work.passes;
}

/// Of this processor, as edgy::kernels::DotClass numbers them.
EXPORT int32_t processor_class() {
  return static_cast<int32_t>(dot_class());
}
