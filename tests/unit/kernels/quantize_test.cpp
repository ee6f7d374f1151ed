#include "kernels/quantize/quantize.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "kernels/requantize.h"

namespace edgy::kernels {
namespace {

float random_value(std::mt19937& random) {
  const float extremes[] = {0.0F,
                            -0.0F,
                            0.5F,
                            1.5F,
                            -0.5F,
                            1e-40F,
                            3e38F,
                            -3e38F,
                            INFINITY,
                            -INFINITY,
                            std::numeric_limits<float>::quiet_NaN()};
  if (random() % 4 == 0) {
    return extremes[random() % std::size(extremes)];
  }
  return std::uniform_real_distribution<float>(-200.0F, 200.0F)(random);
}

QuantizeParameters random_parameters(std::mt19937& random) {
  QuantizeParameters p;
  p.scale = random() % 3 == 0 ? 1.0F : std::uniform_real_distribution<float>(0.01F, 4.0F)(random);
  if (random() % 2 == 0) {
    p.qmin = -128;
  }
  p.zero_point = p.qmin + static_cast<int32_t>(random() % (p.qmax - p.qmin + 1));
  return p;
}

int8_t expected(float value, const QuantizeParameters& p) {
  return quantize(value, 1.0F / p.scale, p.zero_point, p.qmin, p.qmax);
}

TEST_CASE("vectors quantize as the definition does", "[quantize]") {
  for (uint32_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const QuantizeParameters p = random_parameters(random);
    std::vector<float> input(random() % 70);
    std::vector<int8_t> output(input.size());
    std::vector<int8_t> defined;
    for (float& value : input) {
      value = random_value(random);
      defined.push_back(expected(value, p));
    }
    quantize_rows(input.data(), input.size(), p, output.data());
    REQUIRE(output == defined);

    std::vector<float> back(input.size());
    std::vector<float> back_defined;
    for (const int8_t q : output) {
      back_defined.push_back(p.scale * static_cast<float>(q - p.zero_point));
    }
    dequantize(output.data(), output.size(), p.scale, p.zero_point, back.data());
    REQUIRE(back == back_defined);
  }
}

TEST_CASE("values reach their place in Block4 from both orders", "[quantize]") {
  for (uint32_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const QuantizeParameters p = random_parameters(random);
    const auto pick = [&](int low, int high) {
      return std::uniform_int_distribution<int>(low, high)(random);
    };
    const Block4 layout = {.channels = pick(1, 13),
                           .height = pick(1, 3),
                           .width = pick(1, 30),
                           .pad_top = pick(0, 1),
                           .pad_left = pick(0, 3),
                           .pad_bottom = pick(0, 1),
                           .pad_right = pick(0, 3),
                           .phases = pick(1, 3)};
    const std::size_t plane = static_cast<std::size_t>(layout.height) * layout.width;
    std::vector<float> last(plane * layout.channels);
    std::vector<float> first(last.size());
    std::vector<int8_t> rows(last.size());
    for (std::size_t i = 0; i < last.size(); ++i) {
      last[i] = random_value(random);
      rows[i] = expected(last[i], p);
      first[i % layout.channels * plane + i / layout.channels] = last[i];
    }
    std::vector<int8_t> blank(layout.bytes(), 42);
    fill_border(layout, static_cast<int8_t>(p.zero_point), blank.data());
    std::vector<int8_t> defined = blank;
    to_block4(layout, rows.data(), defined.data());
    std::vector<int8_t> from_last = blank;
    quantize_to_block4(layout, last.data(), p, from_last.data());
    REQUIRE(from_last == defined);
    std::vector<int8_t> from_first = blank;
    quantize_planes_to_block4(layout, first.data(), p, from_first.data());
    REQUIRE(from_first == defined);
  }
}

}  // namespace
}  // namespace edgy::kernels
