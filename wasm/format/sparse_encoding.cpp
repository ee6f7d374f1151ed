#include "wasm/format/sparse_encoding.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "wasm/format/numbers.h"

namespace edgy::format {
namespace {

constexpr uint8_t kSkip = 255;

/// Calls f(byte of the block, element of the dense tensor) for every byte of block `number` that
/// lies in the tensor.
template <typename F>
void for_each_element(const BlockGrid& grid, int64_t number, F f) {
  const int64_t grid_row = number / grid.grid_cols();
  const int64_t grid_col = number % grid.grid_cols();
  const int64_t tap = grid_col / grid.blocks_per_tap();
  const int64_t first_channel = grid_col % grid.blocks_per_tap() * grid.block_cols;
  for (int32_t r = 0; r < grid.block_rows; r++) {
    const int64_t row = grid_row * grid.block_rows + r;
    if (row >= grid.rows) {
      return;
    }
    const int64_t columns = std::min<int64_t>(grid.block_cols, grid.channels - first_channel);
    for (int64_t c = 0; c < columns; c++) {
      f(r * int64_t{grid.block_cols} + c,
        (row * grid.taps + tap) * grid.channels + first_channel + c);
    }
  }
}

/// Calls f(number) for each stored block; `f` returning false stops. False if the index is
/// malformed.
template <typename F>
bool for_each_block(const BlockGrid& grid, SparseIndex kind, std::span<const uint8_t> index, F f) {
  if (kind == SparseIndex::kBitmap) {
    for (std::size_t byte = 0; byte < index.size(); byte++) {
      for (uint8_t bits = index[byte]; bits != 0; bits &= static_cast<uint8_t>(bits - 1)) {
        f(static_cast<int64_t>(byte) * 8 + std::countr_zero(bits));
      }
    }
    return true;
  }
  int64_t number = -1;
  uint8_t before = 0;
  for (const uint8_t delta : index) {
    number += delta;
    if ((delta == 0 && before != kSkip) || number >= grid.blocks()) {
      return false;
    }
    if (delta != kSkip) {
      f(number);
    }
    before = delta;
  }
  return index.empty() || index.back() != kSkip;
}

}  // namespace

std::optional<BlockGrid> block_grid(std::span<const int64_t> shape, int32_t block_rows,
                                    int32_t block_cols) {
  if (shape.size() < 2 || shape.size() > kMaxRank || block_rows < 1 || block_rows > 16 ||
      block_cols < 1 || block_cols > 16 || !element_count(shape) ||
      std::find(shape.begin(), shape.end(), -1) != shape.end()) {
    return std::nullopt;
  }
  BlockGrid grid{shape.front(), 1, shape.back(), block_rows, block_cols};
  for (const int64_t extent : shape.subspan(1, shape.size() - 2)) {
    grid.taps *= extent;
  }
  return grid;
}

SparseBlocks encode_sparse(const BlockGrid& grid, std::span<const int8_t> dense, SparseIndex kind) {
  SparseBlocks out;
  if (kind == SparseIndex::kBitmap) {
    out.index.resize(static_cast<std::size_t>(ceil_divide(grid.blocks(), 8)));
  }
  std::vector<uint8_t> block(static_cast<std::size_t>(grid.block_weights()));
  int64_t last = -1;
  for (int64_t number = 0; number < grid.blocks(); number++) {
    std::fill(block.begin(), block.end(), uint8_t{0});
    bool stored = false;
    for_each_element(grid, number, [&](int64_t byte, int64_t element) {
      const int8_t value = dense[static_cast<std::size_t>(element)];
      block[static_cast<std::size_t>(byte)] = static_cast<uint8_t>(value);
      stored = stored || value != 0;
    });
    if (!stored) {
      continue;
    }
    out.blocks++;
    out.values.insert(out.values.end(), block.begin(), block.end());
    if (kind == SparseIndex::kBitmap) {
      out.index[static_cast<std::size_t>(number / 8)] |= static_cast<uint8_t>(1 << (number % 8));
    } else {
      for (; number - last >= kSkip; last += kSkip) {
        out.index.push_back(kSkip);
      }
      out.index.push_back(static_cast<uint8_t>(number - last));
      last = number;
    }
  }
  return out;
}

bool is_valid_index(const BlockGrid& grid, SparseIndex kind, std::span<const uint8_t> index,
                    int64_t blocks) {
  if (kind == SparseIndex::kBitmap) {
    if (static_cast<int64_t>(index.size()) != ceil_divide(grid.blocks(), 8)) {
      return false;
    }
    const int used_bits = static_cast<int>(grid.blocks() % 8);
    if (used_bits != 0 && (index.back() >> used_bits) != 0) {
      return false;
    }
  }
  int64_t counted = 0;
  return for_each_block(grid, kind, index, [&](int64_t) { counted++; }) && counted == blocks;
}

void decode_sparse(const BlockGrid& grid, SparseIndex kind, std::span<const uint8_t> index,
                   std::span<const uint8_t> values, std::span<int8_t> dense) {
  std::fill(dense.begin(), dense.end(), int8_t{0});
  const uint8_t* block = values.data();
  for_each_block(grid, kind, index, [&](int64_t number) {
    for_each_element(grid, number, [&](int64_t byte, int64_t element) {
      dense[static_cast<std::size_t>(element)] = static_cast<int8_t>(block[byte]);
    });
    block += grid.block_weights();
  });
}

}  // namespace edgy::format
