#include "kernels/block4.h"

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <vector>

namespace edgy::kernels {
namespace {

Block4 random_layout(std::mt19937& random) {
  const auto pick = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  return {.channels = pick(1, 20),
          .height = pick(1, 6),
          .width = pick(1, 40),
          .pad_top = pick(0, 3),
          .pad_left = pick(0, 5),
          .pad_bottom = pick(0, 3),
          .pad_right = pick(0, 5),
          .phases = pick(1, 4)};
}

TEST_CASE("channels-last values survive the way through Block4", "[block4]") {
  for (uint32_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const Block4 layout = random_layout(random);
    std::vector<int8_t> rows(static_cast<std::size_t>(layout.height) * layout.width *
                             layout.channels);
    for (int8_t& value : rows) {
      value = static_cast<int8_t>(random());
    }
    std::vector<int8_t> data(layout.bytes());
    to_block4(layout, rows.data(), data.data());
    std::vector<int8_t> back(rows.size());
    from_block4(layout, data.data(), back.data());
    REQUIRE(back == rows);
  }
}

TEST_CASE("fill_border writes all bytes that are no value, and no other", "[block4]") {
  for (uint32_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const Block4 layout = random_layout(random);
    std::vector<int8_t> expected(layout.bytes(), 7);
    for (int32_t c = 0; c < layout.channels; ++c) {
      for (int32_t y = 0; y < layout.height; ++y) {
        for (int32_t x = 0; x < layout.width; ++x) {
          expected[layout.offset(c / 4, y, x) + c % 4] = 99;
        }
      }
    }
    std::vector<int8_t> data(layout.bytes(), 99);
    fill_border(layout, 7, data.data());
    REQUIRE(data == expected);
  }
}

TEST_CASE("phases make every s-th position a neighbour", "[block4]") {
  const Block4 layout = {.channels = 4, .width = 10, .pad_left = 1, .pad_right = 1, .phases = 2};
  REQUIRE(layout.phase_width() == 6);
  REQUIRE(layout.offset(0, 0, -1) == 0);
  REQUIRE(layout.offset(0, 0, 1) == 4);
  REQUIRE(layout.offset(0, 0, 3) == 8);
  REQUIRE(layout.offset(0, 0, 0) == 4 * 6);
  REQUIRE(layout.offset(0, 0, 2) == 4 * 7);
}

}  // namespace
}  // namespace edgy::kernels
