#include "converter/reconstruction/block_mask.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "converter/error.h"

namespace edgy::converter {
namespace {

/// Block numbers, best first.
std::vector<int64_t> ranking(std::span<const double> scores) {
  std::vector<int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return scores[static_cast<std::size_t>(a)] > scores[static_cast<std::size_t>(b)];
  });
  return order;
}

}  // namespace

format::BlockGrid grid_of(const std::vector<int32_t>& shape, const PruningPattern& pattern) {
  const std::vector<int64_t> extents(shape.begin(), shape.end());
  const auto grid = format::block_grid(extents, pattern.block_rows, pattern.block_cols);
  if (!grid) {
    throw Error("pruning: blocks of " + std::to_string(pattern.block_rows) + "x" +
                std::to_string(pattern.block_cols) +
                " can not be stored; rows and columns must be from 1 to 16");
  }
  return *grid;
}

int64_t weights_in(const format::BlockGrid& grid, int64_t block) {
  int64_t count = 0;
  for_each_weight(grid, block, [&](std::size_t) { ++count; });
  return count;
}

int64_t kept_weights(const format::BlockGrid& grid, const BlockMask& mask) {
  int64_t count = 0;
  for (std::size_t block = 0; block < mask.size(); ++block) {
    if (mask[block])
      count += weights_in(grid, static_cast<int64_t>(block));
  }
  return count;
}

std::vector<double> block_energies(const format::BlockGrid& grid, std::span<const float> weights) {
  std::vector<double> energies(static_cast<std::size_t>(grid.blocks()));
  for (std::size_t block = 0; block < energies.size(); ++block) {
    for_each_weight(grid, static_cast<int64_t>(block),
                    [&](std::size_t i) { energies[block] += double{weights[i]} * weights[i]; });
  }
  return energies;
}

BlockMask select_blocks(const format::BlockGrid& grid, const PruningPattern& pattern,
                        std::span<const double> scores, int64_t keep) {
  BlockMask mask(scores.size());
  // Blocks that each group of an N:M pattern can still take.
  const int64_t columns = grid.grid_cols();
  const int64_t groups = pattern.m > 0 ? (columns + pattern.m - 1) / pattern.m : 1;
  std::vector<int> room(pattern.m > 0 ? static_cast<std::size_t>(grid.grid_rows() * groups) : 0,
                        pattern.n);
  int64_t kept = 0;
  for (const int64_t block : ranking(scores)) {
    const int64_t size = weights_in(grid, block);
    if (2 * (kept - keep) + size > 0)  // nearer to `keep` without this block
      break;
    if (!room.empty()) {
      int& left =
          room[static_cast<std::size_t>(block / columns * groups + block % columns / pattern.m)];
      if (left == 0)
        continue;
      --left;
    }
    mask[static_cast<std::size_t>(block)] = 1;
    kept += size;
  }
  return mask;
}

void apply_mask(const format::BlockGrid& grid, const BlockMask& mask, std::span<float> weights) {
  for (std::size_t block = 0; block < mask.size(); ++block) {
    if (!mask[block])
      for_each_weight(grid, static_cast<int64_t>(block), [&](std::size_t i) { weights[i] = 0; });
  }
}

double least_sparsity(const PruningPattern& pattern) {
  return pattern.m > 0 ? 1 - static_cast<double>(pattern.n) / pattern.m : 0;
}

}  // namespace edgy::converter
