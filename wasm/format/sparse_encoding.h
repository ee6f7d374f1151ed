// How block-sparse integer weights are stored in a file.
//
// A weight tensor [O, ..., C] is seen as a matrix of O rows and taps * C columns (taps: product of
// the middle extents), cut into blocks of block_rows output channels by block_cols consecutive
// input channels of one tap. The channels of each tap and the rows are padded up to whole blocks;
// blocks are numbered row major over that grid. Stored blocks hold block_rows * block_cols values
// each, row major, in the order of their numbers; padding holds zeros. A value takes a byte here;
// the values of an I4 tensor are then packed as int4.h says.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace edgy::format {

/// The grid of blocks that covers a weight tensor.
struct BlockGrid {
  int64_t rows = 0;  ///< output channels
  int64_t taps = 1;
  int64_t channels = 0;  ///< input channels of a tap
  int32_t block_rows = 1;
  int32_t block_cols = 4;

  int64_t grid_rows() const { return (rows + block_rows - 1) / block_rows; }
  int64_t blocks_per_tap() const { return (channels + block_cols - 1) / block_cols; }
  int64_t grid_cols() const { return taps * blocks_per_tap(); }
  int64_t blocks() const { return grid_rows() * grid_cols(); }
  int64_t block_weights() const { return int64_t{block_rows} * block_cols; }
  int64_t elements() const { return rows * taps * channels; }
};

/// The grid for a tensor of this shape. Nothing unless the rank is 2 to 8, entries are positive,
/// blocks have 1 to 16 rows and columns, and there are at most kMaxElements elements.
std::optional<BlockGrid> block_grid(std::span<const int64_t> shape, int32_t block_rows,
                                    int32_t block_cols);

/// How many weights the sparse tensors of a file may stand for, all together and each as often as
/// an operator reads it, beside what any model may: a layer of a hundredth of its weights keeps to
/// it, a claim of nothing but zeros does not.
inline constexpr int64_t kWeightsForByte = 256;
inline constexpr int64_t kWeightsOfAnyFile = int64_t{1} << 24;
inline int64_t most_decoded_weights(int64_t file_bytes) {
  return kWeightsOfAnyFile + kWeightsForByte * file_bytes;
}

enum class SparseIndex { kBitmap, kDelta };

/// A sparse tensor as it is stored.
struct SparseBlocks {
  std::vector<uint8_t> index;
  std::vector<uint8_t> values;
  int64_t blocks = 0;  ///< stored blocks
};

/// Stores every block with a non-zero. `dense` has grid.elements() values, row major.
SparseBlocks encode_sparse(const BlockGrid& grid, std::span<const int8_t> dense, SparseIndex kind);

/// Whether `index` names exactly `blocks` blocks, all within the grid.
///  * bitmap: ceil(blocks() / 8) bytes, bit i%8 of byte i/8 for block i, unused bits of the last
///  byte zero.
///  * delta: a running number starts at -1; a byte 0..254 adds itself and names a block, 255 adds
///  255 and names none. 0 comes
///    only right after a 255, and 255 is never the last byte.
bool is_valid_index(const BlockGrid& grid, SparseIndex kind, std::span<const uint8_t> index,
                    int64_t blocks);

/// The inverse of `encode_sparse`: `dense` (grid.elements() values) is overwritten. The index must
/// be valid and `values` hold all stored blocks.
void decode_sparse(const BlockGrid& grid, SparseIndex kind, std::span<const uint8_t> index,
                   std::span<const uint8_t> values, std::span<int8_t> dense);

}  // namespace edgy::format
