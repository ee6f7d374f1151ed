#include "kernels/sparse_conv_int8/sparse_conv_int8.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "kernels/conv_int8/reference.h"
#include "kernels/conv_int8/strip_copy.h"
#include "kernels/forms_of.h"
#include "kernels/sparse_conv_int8/single_rows.h"
#include "kernels/sparse_conv_int8/sparse.h"
#include "kernels/sum_pairs.h"

namespace edgy::kernels {
namespace {

constexpr int8_t kZeros[4] = {};

// Plain loops over the stored blocks.
void sparse_reference(const PackedSparseWeights& weights, std::span<const int32_t> offsets,
                      const Block4& input_layout, const int8_t* input,
                      const ConvQuantization& quantization, const ConvOutput& output) {
  const ConvShape& shape = weights.shape();
  const int32_t values = weights.blocks() == SparseBlocks::k1x1 ? 1 : 4;  // of a block
  const std::size_t group_bytes =
      input_layout.block_bytes() * (shape.in_channels / shape.groups / 4);
  for (int32_t row = 0; row < shape.out_channels; ++row) {
    const int32_t o = weights.channels()[row];
    const int8_t* group_input = input + group_bytes * (o / (shape.out_channels / shape.groups));
    for (int32_t y = 0; y < output.layout.height; ++y) {
      for (int32_t x = 0; x < output.layout.width; ++x) {
        const int8_t* position =
            group_input + input_layout.row_bytes() * shape.stride_h * y + std::size_t{4} * x;
        int32_t sum = quantization.bias[o];
        for (int32_t block = weights.row_starts()[row]; block < weights.row_starts()[row + 1];
             ++block) {
          for (int32_t c = 0; c < values; ++c) {
            sum += int32_t{weights.values()[static_cast<std::size_t>(values) * block + c]} *
                   position[offsets[block] + c];
          }
        }
        store_reference(quantization, output, o, y, x, sum);
      }
    }
  }
}

// The blocks of output channel `o` that hold a weight.
BlockList stored_row(const ConvShape& shape, std::span<const int8_t> weights, int32_t o) {
  const int32_t channels = shape.in_channels / shape.groups;
  const int32_t taps = shape.kernel_h * shape.kernel_w;
  BlockList row;
  for (int32_t block = 0; block < (channels + 3) / 4; ++block) {
    for (int32_t tap = 0; tap < taps; ++tap) {
      const int32_t count = std::min(4, channels - 4 * block);
      const auto group =
          weights.subspan((static_cast<std::size_t>(o) * taps + tap) * channels + 4 * block, count);
      if (std::all_of(group.begin(), group.end(), [](int8_t weight) { return weight == 0; })) {
        continue;
      }
      int8_t four[4] = {};
      std::copy(group.begin(), group.end(), four);
      row.push(block * taps + tap, four);
    }
  }
  return row;
}

// Kernels take that many blocks of a row at a time.
std::size_t row_multiple(Isa isa) {
  return isa == Isa::kRelaxedDot ? 4 : 2;
}

int32_t most_strip_vectors(Isa isa) {
#if !defined(__wasm__) || defined(__wasm_relaxed_simd__)
  if (isa == Isa::kRelaxedDot) {
    return kSparseStripVectors<RelaxedDotForm>;
  }
  if (isa == Isa::kRelaxedPair) {
    return kSparseStripVectors<RelaxedPairForm>;
  }
#else
  (void)isa;
#endif
  return kSparseStripVectors<Simd128Form>;
}

// Of blocks. Single weights take strips of their own width.
int32_t strip_vectors_of(const ConvShape& shape, Isa isa, const Block4& input) {
  const int32_t span_h = (shape.kernel_h - 1) * shape.dilation_h + 1;
  const int32_t span_w = (shape.kernel_w - 1) * shape.dilation_w + 1;
  return sparse_strip_vectors(isa, (input.padded_height() - span_h) / shape.stride_h + 1,
                              (input.padded_width() - span_w) / shape.stride_w + 1);
}

StripCopy copy_of(const PackedSparseWeights& weights, const Block4& input) {
  const ConvShape& shape = weights.shape();
  const CopiedWidth width = copied_width(weights.isa());
  if (weights.blocks() == SparseBlocks::k1x1) {
    return StripCopy(shape, input, kSingleStripVectors, width, CopiedOrder::kPlanar);
  }
  return StripCopy(shape, input, strip_vectors_of(shape, weights.isa(), input), width);
}

bool copies_strips(const PackedSparseWeights& weights, const StripCopy& copy) {
  return weights.isa() != Isa::kReference &&
         (weights.blocks() == SparseBlocks::k1x1 || copy.worthwhile(weights.stored_blocks()));
}

// Where each block or single weight finds its activations.
std::vector<int32_t> all_offsets(const PackedSparseWeights& weights, const Block4& input) {
  const int32_t taps = weights.shape().kernel_h * weights.shape().kernel_w;
  std::vector<int32_t> all = conv_offsets(weights.shape(), input);
  const StripCopy copy = copy_of(weights, input);
  const bool copied = copies_strips(weights, copy);
  if (weights.blocks() == SparseBlocks::k1x1) {
    std::vector<int32_t> single(4 * all.size());
    for (int32_t step = 0; step < static_cast<int32_t>(single.size()); ++step) {
      const int32_t channel = step / taps;
      const int32_t tap = step % taps;
      single[step] =
          copied ? copy.channel_offset(channel, tap) : all[channel / 4 * taps + tap] + channel % 4;
    }
    return single;
  }
  for (int32_t step = 0; copied && step < static_cast<int32_t>(all.size()); ++step) {
    all[step] = copy.offset(step / taps, step % taps);
  }
  return all;
}

SparseForms forms_for(const PackedSparseWeights& weights, bool copied) {
  if (weights.blocks() == SparseBlocks::k1x1) {
    return forms_of<single_simd128, single_relaxed, single_relaxed>(weights.isa());
  }
  return copied && weights.isa() == Isa::kSimd128
             ? sparse_wide()
             : forms_of<sparse_simd128, sparse_relaxed_dot, sparse_relaxed_pair>(weights.isa());
}

// The blocks or single weights of output channel `o`, as kernels of the form take them.
BlockList packed_row(const ConvShape& shape, std::span<const int8_t> weights, int32_t o, Isa isa,
                     SparseBlocks blocks, std::size_t& stored) {
  if (blocks == SparseBlocks::k1x1) {
    return single_row(shape, weights, o, isa, stored);
  }
  BlockList row = stored_row(shape, weights, o);
  stored += row.size();
  if (isa == Isa::kRelaxedPair) {
    row = in_sum_pairs(row);
  }
  while (row.size() % row_multiple(isa) != 0) {
    row.push(row.steps.back(), kZeros);
  }
  return row;
}

}  // namespace

bool supports_single(const ConvShape& shape) {
  const Block4 input = {.channels = shape.in_channels, .phases = shape.stride_w};
  return supports_sparse(shape) &&
         StripCopy(shape, input, kSingleStripVectors, CopiedWidth::k8Bits, CopiedOrder::kPlanar)
             .fits();
}

int32_t sparse_strip_vectors(Isa isa, int32_t height, int32_t width) {
  const int32_t most = most_strip_vectors(isa);
  if (height > 1) {
    return most;
  }
  const int32_t vectors = std::max((width + 3) / 4, 1);
  const int32_t strips = (vectors + most - 1) / most;
  return (vectors + strips - 1) / strips;
}

bool supports_sparse(const ConvShape& shape) {
  return supports(shape) && (shape.groups == 1 || shape.in_channels / shape.groups % 4 == 0);
}

PackedSparseWeights::PackedSparseWeights(const ConvShape& shape, std::span<const int8_t> weights,
                                         Isa isa, SparseBlocks blocks)
    : shape_(shape), isa_(isa), blocks_(blocks) {
  std::vector<BlockList> rows;
  rows.reserve(shape.out_channels);
  for (int32_t o = 0; o < shape.out_channels; ++o) {
    rows.push_back(packed_row(shape, weights, o, isa, blocks, stored_blocks_));
  }
  channels_.resize(shape.out_channels);
  std::iota(channels_.begin(), channels_.end(), 0);
  const int32_t per_group = shape.out_channels / shape.groups;
  for (int32_t first = 0; first < shape.out_channels;) {
    const int32_t group_end = (first / per_group + 1) * per_group;
    const int32_t end = std::min(first + kChunkRows, group_end);
    std::stable_sort(channels_.begin() + first, channels_.begin() + end,
                     [&](int32_t a, int32_t b) { return rows[a].size() < rows[b].size(); });
    first = end;
  }
  row_starts_.reserve(shape.out_channels + 1);
  row_starts_.push_back(0);
  for (const int32_t channel : channels_) {
    const BlockList& row = rows[channel];
    steps_.insert(steps_.end(), row.steps.begin(), row.steps.end());
    values_.insert(values_.end(), row.values.begin(), row.values.end());
    row_starts_.push_back(static_cast<int32_t>(steps_.size()));
  }
}

std::vector<int32_t> sparse_conv_offsets(const PackedSparseWeights& weights, const Block4& input) {
  const std::vector<int32_t> all = all_offsets(weights, input);
  std::vector<int32_t> offsets;
  offsets.reserve(weights.stored_blocks());
  for (const int32_t step : weights.steps()) {
    offsets.push_back(all[step]);
  }
  return offsets;
}

void sparse_conv_int8(const PackedSparseWeights& weights, std::span<const int32_t> offsets,
                      const Block4& input_layout, const int8_t* input,
                      const ConvQuantization& quantization, const ConvOutput& output,
                      const Threads& threads) {
  if (weights.isa() == Isa::kReference) {
    sparse_reference(weights, offsets, input_layout, input, quantization, output);
    return;
  }
  const ConvShape& shape = weights.shape();
  RowKernel kernel;
  kernel.strip_vectors = weights.blocks() == SparseBlocks::k1x1
                             ? kSingleStripVectors
                             : strip_vectors_of(shape, weights.isa(), input_layout);
  const StripCopy copy = copy_of(weights, input_layout);
  if (copies_strips(weights, copy)) {
    kernel.copy = &copy;
  }
  const SparseForms forms = forms_for(weights, kernel.copy != nullptr);
  kernel.to_values = forms.to_values;
  kernel.to_sums = forms.to_sums;
  kernel.blocks_per_group = (shape.in_channels / shape.groups + 3) / 4;
  kernel.values = weights.values().data();
  kernel.row_starts = weights.row_starts().data();
  kernel.channels = weights.channels().data();
  kernel.offsets = offsets.data();
  kernel.out_channels = shape.out_channels;
  kernel.channels_per_group = shape.out_channels / shape.groups;
  run_strips(shape, input_layout, input, kernel, quantization, output, threads);
}

}  // namespace edgy::kernels
