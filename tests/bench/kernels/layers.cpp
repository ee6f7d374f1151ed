// One convolution layer with random weights in any kernel, form and density, set up once and run
// many times.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/column_int8/column_int8.h"
#include "kernels/conv_cost.h"
#include "kernels/conv_int8/conv_int8.h"
#include "kernels/sparse_conv_int8/sparse_conv_int8.h"

#define EXPORT extern "C" __attribute__((used, visibility("default"), noinline))

namespace {

using namespace edgy::kernels;

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

uint32_t next_random() {
  static uint32_t state = 1;
  state = state * 1664525U + 1013904223U;
  return state >> 8;
}

// As trained weights are: most of them small, the largest near the end of the range.
int8_t bell_shaped() {
  int32_t sum = 0;
  for (int i = 0; i < 4; ++i) {
    sum += static_cast<int32_t>(next_random() & 63U) - 32;
  }
  return static_cast<int8_t>(sum == 0 ? 1 : std::clamp(sum, -127, 127));
}

// Of four weights in a row, from the first on.
int64_t blocks_1x4(const std::vector<int8_t>& weights) {
  int64_t blocks = 0;
  for (std::size_t i = 0; i < weights.size(); i += 4) {
    const auto four = std::span(weights).subspan(i, std::min<std::size_t>(4, weights.size() - i));
    blocks += std::ranges::any_of(four, [](int8_t weight) { return weight != 0; }) ? 1 : 0;
  }
  return blocks;
}

}  // namespace

/// Square kernels have height kernel too when `two_dimensional`. `form` numbers Isa. Density is in
/// thousandths, of blocks of 1x4 weights; `sparse` 0: dense kernel, 1: sparse kernel, 2: blocks are
/// 4x4, for the kernel that skips those.
EXPORT void set_up(int32_t in_channels, int32_t out_channels, int32_t kernel, int32_t positions,
                   int32_t two_dimensional, int32_t depthwise, int32_t density, int32_t sparse,
                   int32_t form) {
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
  const std::size_t inner =
      std::size_t{1} * layer.shape.kernel_h * kernel * in_channels / layer.shape.groups;
  std::vector<int8_t> weights(inner * out_channels);
  std::vector<uint8_t> kept(inner / 4 + 1);
  for (std::size_t i = 0; i < weights.size(); i += 4) {
    uint8_t& keep = kept[i % inner / 4];
    if (sparse != 2 || i / inner % 4 == 0) {
      keep = static_cast<int32_t>(next_random() % 1000) < density ? 1 : 0;
    }
    for (std::size_t j = i; keep != 0 && j < std::min(i + 4, weights.size()); ++j) {
      weights[j] = bell_shaped();
    }
  }
  const auto isa = static_cast<Isa>(form);
  const OutputSize size = {layer.output_layout.height, positions};
  if (size.height * size.width == 1) {
    const ColumnBlocks blocks = sparse == 0   ? ColumnBlocks::kAll
                                : sparse == 1 ? ColumnBlocks::kNonZero1x4
                                              : ColumnBlocks::kNonZero4x4;
    layer.column.emplace(layer.shape, weights, isa, blocks);
    layer.column_input = column_input(layer.shape, layer.input_layout);
  } else if (sparse == 1) {
    layer.sparse.emplace(layer.shape, weights, isa);
    layer.offsets = sparse_conv_offsets(*layer.sparse, layer.input_layout);
  } else {
    layer.dense.emplace(layer.shape, weights, isa,
                        sparse == 2 ? ConvBlocks::kNonZero4x4 : ConvBlocks::kAll);
    layer.offsets = conv_offsets(*layer.dense, layer.input_layout);
  }
  layer.work = sparse == 1 ? sparse_work(layer.shape, blocks_1x4(weights), size, isa)
                           : dense_work(layer.shape, size,
                                        sparse == 2 ? density_4x4(layer.shape, weights) : 1);
  layer.input.resize(layer.input_layout.bytes());
  for (int8_t& value : layer.input) {
    value = static_cast<int8_t>(next_random() & 127U);
  }
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

EXPORT int32_t fastest_form(int32_t activation_bits) {
  return static_cast<int32_t>(fastest_isa(activation_bits));
}
