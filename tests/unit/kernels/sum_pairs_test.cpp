#include "kernels/sum_pairs.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <random>

namespace edgy::kernels {
namespace {

// The products that share a 16-bit lane, with the activations that make each sign's sum largest.
bool fits_by_trial(const int8_t* first, const int8_t* second) {
  for (int lane = 0; lane < 4; lane += 2) {
    for (const int sign : {1, -1}) {
      int32_t sum = 0;
      for (const int8_t* block : {first, second}) {
        for (int i = lane; i < lane + 2; ++i) {
          sum += block[i] * sign > 0 ? block[i] * 127 : 0;
        }
      }
      if (sum > 32767 || sum < -32768) {
        return false;
      }
    }
  }
  return true;
}

TEST_CASE("a sum pair is one whose largest sums fit into 16 bits", "[sum_pairs]") {
  std::mt19937 random(1);
  int fitting = 0;
  for (int i = 0; i < 20000; ++i) {
    int8_t blocks[8];
    const int32_t reach = 1 + static_cast<int32_t>(random() % 128);
    for (int8_t& weight : blocks) {
      weight = static_cast<int8_t>(
          std::clamp(static_cast<int32_t>(random() % (2 * reach + 1)) - reach, -128, 127));
    }
    CAPTURE(i);
    REQUIRE(is_sum_pair(blocks, blocks + 4) == fits_by_trial(blocks, blocks + 4));
    fitting += is_sum_pair(blocks, blocks + 4) ? 1 : 0;
  }
  REQUIRE(fitting > 5000);
  REQUIRE(fitting < 19900);
}

TEST_CASE("pairing keeps every block and adds zeros only to blocks left over", "[sum_pairs]") {
  for (uint32_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    BlockList blocks;
    const int32_t reach = seed % 3 == 0 ? 127 : 60;
    const int32_t count = static_cast<int32_t>(random() % 100);
    for (int32_t step = 0; step < count; ++step) {
      int8_t four[4];
      for (int8_t& weight : four) {
        weight = static_cast<int8_t>(
            seed % 5 == 0 ? 127 : static_cast<int32_t>(random() % (2 * reach + 1)) - reach);
      }
      blocks.push(step, four);
    }
    const BlockList paired = in_sum_pairs(blocks);
    REQUIRE(paired.size() % 2 == 0);
    std::map<int32_t, std::vector<int8_t>> found;
    for (std::size_t i = 0; i < paired.size(); ++i) {
      const auto four = paired.values.begin() + static_cast<std::ptrdiff_t>(4 * i);
      if (std::any_of(four, four + 4, [](int8_t weight) { return weight != 0; })) {
        REQUIRE(found.emplace(paired.steps[i], std::vector<int8_t>(four, four + 4)).second);
      }
      if (i % 2 == 1) {
        REQUIRE(fits_by_trial(paired.values.data() + 4 * (i - 1), paired.values.data() + 4 * i));
      }
    }
    for (int32_t step = 0; step < count; ++step) {
      const auto four = blocks.values.begin() + std::ptrdiff_t{4} * step;
      const std::vector<int8_t> own(four, four + 4);
      const bool zero = std::ranges::all_of(own, [](int8_t weight) { return weight == 0; });
      REQUIRE((zero || found[step] == own));
    }
  }
}

}  // namespace
}  // namespace edgy::kernels
