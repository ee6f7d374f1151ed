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

/// Which weights are stored.
enum class SparseBlocks {
  k1x4,  ///< blocks of four consecutive input channels of one tap that hold a weight
  k1x1,  ///< weights one by one; needs `supports_single`
};

/// Whether there is a kernel for single weights: it copies a strip's activations channel by channel
/// and has room for so many of them.
bool supports_single(const ConvShape& shape);

/// Weights of each output channel without zeros.
class PackedSparseWeights {
 public:
  /// `weights` is [out][kernel_h][kernel_w][in/groups], int8, dense.
  PackedSparseWeights(const ConvShape& shape, std::span<const int8_t> weights, Isa isa,
                      SparseBlocks blocks = SparseBlocks::k1x4);

  const ConvShape& shape() const { return shape_; }
  Isa isa() const { return isa_; }
  SparseBlocks blocks() const { return blocks_; }
  /// Blocks that hold a weight, or for k1x1 weights.
  std::size_t stored_blocks() const { return stored_blocks_; }
  std::size_t bytes() const {
    return values_.size() +
           sizeof(int32_t) * (channels_.size() + row_starts_.size() + steps_.size());
  }
  /// Output channel of each row. In each chunk (kChunkRows) rows are sorted by length: a processor
  /// then foresees the end of their loops.
  std::span<const int32_t> channels() const { return channels_; }
  /// Blocks of row r: row_starts()[r] .. row_starts()[r + 1]. Filled up with blocks of zeros to
  /// what kernels take at a time: two, or four single weights. For
  /// kRelaxedPair they are in sum pairs, single weights of relaxed forms in fours whose products
  /// fit into 16 bits together.
  std::span<const int32_t> row_starts() const { return row_starts_; }
  /// Index of each stored block into `conv_offsets` of the same shape; of a single weight: channel
  /// of its group * taps + tap.
  std::span<const int32_t> steps() const { return steps_; }
  /// Four weights a block, or one.
  std::span<const int8_t> values() const { return values_; }

 private:
  ConvShape shape_;
  Isa isa_;
  SparseBlocks blocks_;
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
