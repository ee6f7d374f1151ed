#include "kernels/sparse_conv_int8/sparse_conv_int8.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "kernels/conv_int8/geometry.h"
#include "kernels/conv_int8/reference.h"
#include "kernels/conv_int8/strip_copy.h"
#include "kernels/forms_of.h"
#include "kernels/heap_sort.h"
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
  const int64_t values = weights.blocks() == SparseBlocks::k1x1 ? 1 : 4;  // of a block
  const int64_t group_bytes = input_layout.block_bytes() * (shape.in_channels / shape.groups / 4);
  const int32_t* starts = weights.row_starts().data();
  for (int64_t row = 0; row < shape.out_channels; ++row) {
    const int64_t o = weights.channels().data()[row];
    const int8_t* group_input = input + group_bytes * (o / (shape.out_channels / shape.groups));
    for (int64_t y = 0; y < output.layout.height; ++y) {
      for (int64_t x = 0; x < output.layout.width; ++x) {
        const int8_t* position =
            group_input + input_layout.row_bytes() * shape.stride_h * y + 4 * x;
        int32_t sum = quantization.bias.data()[o];
        for (int64_t block = starts[row]; block < starts[row + 1]; ++block) {
          const int8_t* weight = weights.values().data() + values * block;
          for (int64_t c = 0; c < values; ++c) {
            sum += int32_t{weight[c]} * position[offsets.data()[block] + c];
          }
        }
        store_reference(quantization, output, o, y, x, sum);
      }
    }
  }
}

// The blocks of output channel `o` that hold a weight.
BlockList stored_row(const ConvShape& shape, std::span<const int8_t> weights, int64_t o) {
  const int64_t channels = shape.in_channels / shape.groups;
  const int64_t row_taps = taps(shape);
  BlockList row;
  for (int64_t block = 0; block < group_blocks(shape); ++block) {
    for (int64_t tap = 0; tap < row_taps; ++tap) {
      const int8_t* group = weights.data() + (o * row_taps + tap) * channels + 4 * block;
      const int8_t* end = group + std::min<int64_t>(4, channels - 4 * block);
      if (std::all_of(group, end, [](int8_t weight) { return weight == 0; })) {
        continue;
      }
      int8_t four[4] = {};
      std::copy(group, end, four);
      row.push(narrow<int32_t>(block * row_taps + tap), four);
    }
  }
  return row;
}

// Kernels take that many blocks of a row at a time.
constexpr std::size_t kRowMultiple = 2;

int32_t most_strip_vectors(Isa isa) {
  const bool is_relaxed = isa == Isa::kRelaxedDot || isa == Isa::kRelaxedPair;
  return is_relaxed ? kStripVectors : kSparseStripVectors<Simd128Form>;
}

// Of blocks. Single weights take strips of their own width.
int32_t strip_vectors_of(const ConvShape& shape, Isa isa, const Block4& input) {
  return sparse_strip_vectors(isa, (input.padded_height() - span_h(shape)) / shape.stride_h + 1,
                              (input.padded_width() - span_w(shape)) / shape.stride_w + 1);
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
         (weights.blocks() == SparseBlocks::k1x1 ||
          copy.worthwhile(narrow<int64_t>(weights.stored_blocks())));
}

// Where each block or single weight finds its activations.
std::vector<int32_t> all_offsets(const PackedSparseWeights& weights, const Block4& input) {
  const int64_t row_taps = taps(weights.shape());
  std::vector<int32_t> all = conv_offsets(weights.shape(), input);
  const StripCopy copy = copy_of(weights, input);
  const bool copied = copies_strips(weights, copy);
  if (weights.blocks() == SparseBlocks::k1x1) {
    std::vector<int32_t> single;
    single.reserve(4 * all.size());
    for (int64_t channel = 0; channel < 4 * group_blocks(weights.shape()); ++channel) {
      for (int64_t tap = 0; tap < row_taps; ++tap) {
        const int64_t in_image = all.data()[channel / 4 * row_taps + tap] + channel % 4;
        single.push_back(copied ? copy.channel_offset(channel, tap) : narrow<int32_t>(in_image));
      }
    }
    return single;
  }
  int64_t step = 0;
  for (int32_t& offset : all) {
    offset = copied ? copy.offset(step / row_taps, step % row_taps) : offset;
    ++step;
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
BlockList packed_row(const ConvShape& shape, std::span<const int8_t> weights, int64_t o, Isa isa,
                     SparseBlocks blocks, std::size_t& stored) {
  if (blocks == SparseBlocks::k1x1) {
    return single_row(shape, weights, o, isa, stored);
  }
  BlockList row = stored_row(shape, weights, o);
  stored += row.size();
  if (isa == Isa::kRelaxedPair) {
    row = in_sum_pairs(row);
  }
  while (row.size() % kRowMultiple != 0) {
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

int32_t sparse_strip_vectors(Isa isa, int64_t height, int64_t width) {
  const int32_t most = most_strip_vectors(isa);
  if (height > 1) {
    return most;
  }
  const int64_t vectors = std::max<int64_t>(divide_up(width, 4), 1);
  return narrow<int32_t>(divide_up(vectors, divide_up(vectors, most)));
}

bool supports_sparse(const ConvShape& shape) {
  return supports(shape) && (shape.groups == 1 || shape.in_channels / shape.groups % 4 == 0);
}

PackedSparseWeights::PackedSparseWeights(const ConvShape& shape, std::span<const int8_t> weights,
                                         Isa isa, SparseBlocks blocks)
    : shape_(shape), isa_(isa), blocks_(blocks) {
  std::vector<BlockList> rows;
  rows.reserve(to_size(shape.out_channels));
  for (int64_t o = 0; o < shape.out_channels; ++o) {
    rows.push_back(packed_row(shape, weights, o, isa, blocks, stored_blocks_));
  }
  channels_.resize(rows.size());
  std::iota(channels_.begin(), channels_.end(), 0);
  const int64_t per_group = shape.out_channels / shape.groups;
  for (int64_t first = 0; first < shape.out_channels;) {
    const int64_t group_end = (first / per_group + 1) * per_group;
    const int64_t end = std::min(first + kChunkRows, group_end);
    int32_t* channels = channels_.data();
    heap_sort(channels + first, channels + end, [&](int32_t a, int32_t b) {
      const std::size_t of_a = rows.data()[a].size();
      const std::size_t of_b = rows.data()[b].size();
      return of_a != of_b ? of_a < of_b : a < b;
    });
    first = end;
  }
  row_starts_.reserve(rows.size() + 1);
  row_starts_.push_back(0);
  for (const int32_t channel : channels_) {
    const BlockList& row = rows.data()[channel];
    steps_.insert(steps_.end(), row.steps.begin(), row.steps.end());
    values_.insert(values_.end(), row.values.begin(), row.values.end());
    row_starts_.push_back(narrow<int32_t>(steps_.size()));
  }
}

std::vector<int32_t> sparse_conv_offsets(const PackedSparseWeights& weights, const Block4& input) {
  const std::vector<int32_t> all = all_offsets(weights, input);
  std::vector<int32_t> offsets;
  offsets.reserve(weights.stored_blocks());
  for (const int32_t step : weights.steps()) {
    offsets.push_back(all.data()[step]);
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
  kernel.blocks_per_group = group_blocks(shape);
  kernel.values = weights.values().data();
  kernel.row_starts = weights.row_starts().data();
  kernel.channels = weights.channels().data();
  kernel.offsets = offsets.data();
  kernel.out_channels = shape.out_channels;
  kernel.channels_per_group = shape.out_channels / shape.groups;
  run_strips(shape, input_layout, input, kernel, quantization, output, threads);
}

}  // namespace edgy::kernels
