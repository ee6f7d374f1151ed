#include "kernels/sum_pairs.h"

#include <algorithm>

namespace edgy::kernels {
namespace {

constexpr int32_t kMostSum = 32767 / 127;
constexpr std::ptrdiff_t kMostTried = 32;  // bounds the time of packing
constexpr int8_t kZeros[16] = {};

}  // namespace

bool is_sum_pair(const int8_t* first, const int8_t* second) {
  for (int lane = 0; lane < 4; lane += 2) {
    int32_t positive = 0;
    int32_t negative = 0;
    for (const int8_t* weight :
         {first + lane, first + lane + 1, second + lane, second + lane + 1}) {
      positive += std::max<int32_t>(*weight, 0);
      negative -= std::min<int32_t>(*weight, 0);
    }
    if (std::max(positive, negative) > kMostSum) {
      return false;
    }
  }
  return true;
}

bool are_sum_pairs(const int8_t* first, const int8_t* second, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += 4) {
    if (!is_sum_pair(first + i, second + i)) {
      return false;
    }
  }
  return true;
}

namespace {

// An order of blocks: the first `paired` of them (an even number) are pairs, the rest has no
// partner.
struct PairedOrder {
  std::vector<std::size_t> blocks;
  std::size_t paired = 0;
};

PairedOrder pair_blocks(const BlockList& list) {
  PairedOrder order;
  std::vector<std::size_t> waiting;  // blocks without a partner yet, oldest first
  const auto values_of = [&](std::size_t block) {
    return list.values.data() + list.block_bytes * block;
  };
  for (std::size_t block = 0; block < list.size(); ++block) {
    const auto end = waiting.begin() + std::min<std::ptrdiff_t>(std::ssize(waiting), kMostTried);
    const auto partner = std::find_if(waiting.begin(), end, [&](std::size_t other) {
      return are_sum_pairs(values_of(other), values_of(block), list.block_bytes);
    });
    if (partner == end) {
      waiting.push_back(block);
      continue;
    }
    order.blocks.push_back(*partner);
    order.blocks.push_back(block);
    waiting.erase(partner);
  }
  order.paired = order.blocks.size();
  order.blocks.insert(order.blocks.end(), waiting.begin(), waiting.end());
  return order;
}

}  // namespace

BlockList in_sum_pairs(const BlockList& blocks) {
  const PairedOrder order = pair_blocks(blocks);
  BlockList paired;
  paired.block_bytes = blocks.block_bytes;
  for (std::size_t i = 0; i < order.blocks.size(); ++i) {
    const std::size_t block = order.blocks[i];
    paired.push(blocks.steps[block], blocks.values.data() + blocks.block_bytes * block);
    if (i >= order.paired) {
      paired.push(blocks.steps[block], kZeros);
    }
  }
  return paired;
}

}  // namespace edgy::kernels
