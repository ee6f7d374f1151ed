// Pooling of int8 images against its definition.
#include "kernels/pool_int8/pool_int8.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <random>
#include <vector>

#include "kernels/requantize.h"
#include "tests/unit/kernels/grids.h"

namespace edgy::kernels {
namespace {

/// The values of a window that lie in the image.
std::vector<int8_t> window_of(const PoolShape& s, const std::vector<int8_t>& x, int64_t n,
                              int64_t oy, int64_t ox, int64_t c) {
  std::vector<int8_t> values;
  for (int64_t ky = 0; ky < s.kernel_h; ++ky) {
    for (int64_t kx = 0; kx < s.kernel_w; ++kx) {
      const int64_t y = oy * s.stride_h - s.pad_top + ky;
      const int64_t i = ox * s.stride_w - s.pad_left + kx;
      if (y >= 0 && y < s.height && i >= 0 && i < s.width) {
        values.push_back(x[to_size(((n * s.height + y) * s.width + i) * s.channels + c)]);
      }
    }
  }
  return values;
}

PoolShape random_shape(std::mt19937& random) {
  const auto pick = [&](int low, int high) {
    return low + static_cast<int64_t>(random() % static_cast<uint32_t>(high - low + 1));
  };
  PoolShape s;
  s.batch = pick(1, 2);
  s.kernel_h = pick(1, 4);
  s.kernel_w = pick(1, 4);
  s.height = pick(static_cast<int>(s.kernel_h), 7);
  s.width = pick(static_cast<int>(s.kernel_w), 7);
  s.channels = pick(1, 40);
  s.stride_h = pick(1, 3);
  s.stride_w = pick(1, 3);
  s.pad_top = pick(0, static_cast<int>(s.kernel_h) - 1);
  s.pad_left = pick(0, static_cast<int>(s.kernel_w) - 1);
  s.pad_bottom = pick(0, static_cast<int>(s.kernel_h) - 1);
  s.pad_right = pick(0, static_cast<int>(s.kernel_w) - 1);
  return s;
}

TEST_CASE("int8 pooling gives what its definition says", "[pool_int8]") {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const PoolShape s = random_shape(random);
    const QuantizeParameters from = tests::random_grid(random);
    const QuantizeParameters to = tests::random_grid(random);
    const bool count_pad = random() % 2 == 0;
    const std::vector<int8_t> x =
        tests::random_bytes(random, to_size(s.batch * s.height * s.width * s.channels), from);
    const std::size_t count = to_size(s.batch * s.out_height() * s.out_width() * s.channels);
    std::vector<int8_t> most(count);
    std::vector<int8_t> mean(count);
    max_pool_int8(s, x.data(), most.data());
    average_pool_int8(s, count_pad, from, to, x.data(), mean.data());
    std::size_t i = 0;
    for (int64_t n = 0; n < s.batch; ++n) {
      for (int64_t oy = 0; oy < s.out_height(); ++oy) {
        for (int64_t ox = 0; ox < s.out_width(); ++ox) {
          for (int64_t c = 0; c < s.channels; ++c, ++i) {
            const std::vector<int8_t> window = window_of(s, x, n, oy, ox, c);
            REQUIRE(most[i] == *std::max_element(window.begin(), window.end()));
            int32_t sum = 0;
            for (const int8_t value : window) {
              sum += value - from.zero_point;
            }
            const auto divisor =
                static_cast<double>(count_pad ? s.kernel_h * s.kernel_w : std::ssize(window));
            const auto scale =
                static_cast<float>(double{from.scale} / (double{to.scale} * divisor));
            REQUIRE(mean[i] == requantize(sum, scale, to.zero_point, to.qmin, to.qmax));
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace edgy::kernels
