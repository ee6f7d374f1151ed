// Which blocks of a layer's weights stay: the masks that pruning works with.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "converter/compression_options.h"
#include "wasm/format/sparse_encoding.h"

namespace edgy::converter {

/// One entry per block of a grid, in the order of the grid (row major): 1 stays, 0 goes.
using BlockMask = std::vector<uint8_t>;

/// The blocks of `pattern` over a weight tensor [out, taps..., in]. Throws Error if the shape or
/// the block is out of the format's range.
format::BlockGrid grid_of(const std::vector<int32_t>& shape, const PruningPattern& pattern);

/// Calls f(index of a weight in the dense tensor) for each weight of block `block`; padding at the
/// borders of the tensor is left out.
template <typename F>
void for_each_weight(const format::BlockGrid& grid, int64_t block, F f) {
  const int64_t column = block % grid.grid_cols();
  const int64_t tap = column / grid.blocks_per_tap();
  const int64_t first_channel = column % grid.blocks_per_tap() * grid.block_cols;
  const int64_t first_row = block / grid.grid_cols() * grid.block_rows;
  for (int64_t row = first_row; row < first_row + grid.block_rows && row < grid.rows; ++row) {
    for (int64_t c = first_channel; c < first_channel + grid.block_cols && c < grid.channels; ++c)
      f(static_cast<std::size_t>((row * grid.taps + tap) * grid.channels + c));
  }
}

/// Weights in block `block`, padding not counted.
int64_t weights_in(const format::BlockGrid& grid, int64_t block);
/// Weights that `mask` keeps.
int64_t kept_weights(const format::BlockGrid& grid, const BlockMask& mask);

/// Squared Euclidean norm of each block.
std::vector<double> block_energies(const format::BlockGrid& grid, std::span<const float> weights);

/// Keeps the blocks with the greatest `scores` (one per block) so that `keep` weights, to half a
/// block, are left; equal scores stay in order of their number. Where `pattern` is N:M, at most n
/// of every m consecutive blocks of a row of blocks are kept, whatever `keep` says.
BlockMask select_blocks(const format::BlockGrid& grid, const PruningPattern& pattern,
                        std::span<const double> scores, int64_t keep);

/// Sets the weights of all blocks that `mask` drops to zero.
void apply_mask(const format::BlockGrid& grid, const BlockMask& mask, std::span<float> weights);

/// Least sparsity that `pattern` leaves: 1 - n/m for N:M, else 0.
double least_sparsity(const PruningPattern& pattern);

}  // namespace edgy::converter
