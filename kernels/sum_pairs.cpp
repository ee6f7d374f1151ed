#include "kernels/sum_pairs.h"

#include <algorithm>

namespace edgy::kernels {
namespace {

constexpr int32_t kMostSum = 32767 / 127;
constexpr std::ptrdiff_t kMostTried = 32;  // bounds the time of packing
constexpr int8_t kZeros[4] = {};

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

BlockList in_sum_pairs(const BlockList& blocks) {
  BlockList paired;
  std::vector<std::size_t> waiting;  // blocks without a partner yet, oldest first
  const auto values_of = [&](std::size_t block) { return blocks.values.data() + 4 * block; };
  for (std::size_t block = 0; block < blocks.size(); ++block) {
    const auto end = waiting.begin() + std::min<std::ptrdiff_t>(std::ssize(waiting), kMostTried);
    const auto partner = std::find_if(waiting.begin(), end, [&](std::size_t other) {
      return is_sum_pair(values_of(other), values_of(block));
    });
    if (partner == end) {
      waiting.push_back(block);
      continue;
    }
    paired.push(blocks.steps[*partner], values_of(*partner));
    paired.push(blocks.steps[block], values_of(block));
    waiting.erase(partner);
  }
  for (const std::size_t block : waiting) {
    paired.push(blocks.steps[block], values_of(block));
    paired.push(blocks.steps[block], kZeros);
  }
  return paired;
}

}  // namespace edgy::kernels
