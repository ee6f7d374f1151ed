// int8 convolution over Block4 activations with sparse weights: work and bytes fall with density.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/conv_int8/conv_int8.h"

namespace edgy::kernels {

/// What sparse kernels can do: everything dense ones can, but depthwise convolutions (nothing to
/// skip there).
bool supports_sparse(const ConvShape& shape);

/// Weights in 1x4 blocks: four consecutive input channels of one tap of one output channel. Blocks
/// of zeros are dropped.
class PackedSparseWeights {
 public:
  /// `weights` is [out][kernel_h][kernel_w][in/groups], int8, dense.
  PackedSparseWeights(const ConvShape& shape, std::span<const int8_t> weights, Isa isa);

  const ConvShape& shape() const { return shape_; }
  Isa isa() const { return isa_; }
  /// Blocks that hold a weight.
  std::size_t stored_blocks() const { return stored_blocks_; }
  std::size_t bytes() const {
    return values_.size() +
           sizeof(int32_t) * (channels_.size() + row_starts_.size() + steps_.size());
  }
  /// Output channel of each row. In each chunk (kChunkRows) rows are sorted by length: a processor
  /// then foresees the end of their loops.
  std::span<const int32_t> channels() const { return channels_; }
  /// Blocks of row r: row_starts()[r] .. row_starts()[r + 1]. Filled up with blocks of zeros to
  /// what kernels take at a time: two, or four for kRelaxedDot. For kRelaxedPair they are in sum
  /// pairs.
  std::span<const int32_t> row_starts() const { return row_starts_; }
  /// Index of each stored block into `conv_offsets` of the same shape.
  std::span<const int32_t> steps() const { return steps_; }
  /// Four weights a block.
  std::span<const int8_t> values() const { return values_; }

 private:
  ConvShape shape_;
  Isa isa_;
  std::vector<int32_t> channels_;
  std::vector<int32_t> row_starts_;
  std::vector<int32_t> steps_;
  std::vector<int8_t> values_;
  std::size_t stored_blocks_ = 0;
};

/// Byte offset of every stored block's activations; made once per plan, like `conv_offsets`.
std::vector<int32_t> sparse_conv_offsets(const PackedSparseWeights& weights, const Block4& input);

/// Convolves one image. Parameters and results are those of `conv_int8`.
void sparse_conv_int8(const PackedSparseWeights& weights, std::span<const int32_t> offsets,
                      const Block4& input_layout, const int8_t* input,
                      const ConvQuantization& quantization, const ConvOutput& output,
                      const Threads& threads = {});

}  // namespace edgy::kernels
