// Pairs of blocks of four weights whose products a kernel may add in 16 bits before it widens them:
// one widening instruction then serves two blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace edgy::kernels {

/// Whether, for activations in 0..127, the two products that share a 16-bit lane fit into it for
/// both lanes of these two blocks of four weights: their positive weights must not add up to more
/// than 258 = floor(32767 / 127), nor the negative ones to less than -258.
bool is_sum_pair(const int8_t* first, const int8_t* second);

/// The same for each four of `bytes` weights of two blocks.
bool are_sum_pairs(const int8_t* first, const int8_t* second, std::size_t bytes);

/// Blocks of one output channel (or of four at a time), in order of packing.
struct BlockList {
  std::size_t block_bytes = 4;  ///< weights of a block
  std::vector<int32_t> steps;
  std::vector<int8_t> values;  ///< block_bytes each

  std::size_t size() const { return steps.size(); }
  void push(int32_t step, const int8_t* block) {
    steps.push_back(step);
    values.insert(values.end(), block, block + block_bytes);
  }
};

/// The same blocks, ordered so that blocks 2 i and 2 i + 1 are sum pairs for every i. A block that
/// finds no partner gets a block of zeros. Neighbours stay close, because their activations do.
BlockList in_sum_pairs(const BlockList& blocks);

}  // namespace edgy::kernels
