#include "kernels/conv_int8/conv_int8.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <limits>
#include <random>

#include "kernels/requantize.h"
#include "tests/unit/kernels/conv_cases.h"

namespace edgy::kernels {
namespace {

using tests::ConvCase;
using tests::make_conv_case;

std::vector<int8_t> run(const ConvCase& test, Isa isa, ConvBlocks blocks = ConvBlocks::kAll) {
  const PackedConvWeights weights(test.shape, test.weights, isa, blocks);
  const std::vector<int32_t> offsets = conv_offsets(weights, test.input_layout);
  std::vector<int8_t> data = test.blank_output();
  const ConvOutput output = {test.kind, test.output_layout, data.data()};
  conv_int8(weights, offsets, test.input_layout, test.input.data(), test.quantization(), output);
  return data;
}

void check_forms(uint32_t seed, int activation_bits, bool depthwise) {
  const ConvCase test = make_conv_case(seed, activation_bits, 1.0, depthwise);
  CAPTURE(seed, activation_bits, depthwise);
  REQUIRE(supports(test.shape));
  const std::vector<int8_t> expected = run(test, Isa::kReference);
  for (const Isa isa : available_isas()) {
    if (activation_bits == 8 && isa != Isa::kSimd128) {
      continue;
    }
    const bool same = run(test, isa) == expected;
    CAPTURE(to_string(isa));
    REQUIRE(same);
  }
}

TEST_CASE("every form of the dense convolution equals the reference", "[conv_int8]") {
  for (uint32_t seed = 0; seed < 1500; ++seed) {
    check_forms(seed, 7, false);
  }
  for (uint32_t seed = 10000; seed < 10500; ++seed) {
    check_forms(seed, 8, false);
  }
}

TEST_CASE("leaving out 4x4 blocks of zeros changes no sum", "[conv_int8]") {
  uint32_t seed = 40000;
  for (const double density : {0.0, 0.03, 0.1, 0.3}) {
    for (int i = 0; i < 200; ++i, ++seed) {
      const ConvCase test = make_conv_case(seed, i % 4 == 3 ? 8 : 7, density);
      CAPTURE(seed, density);
      const std::vector<int8_t> expected = run(test, Isa::kReference);
      for (const Isa isa : available_isas()) {
        if (i % 4 == 3 && isa != Isa::kSimd128) {
          continue;
        }
        const bool same = run(test, isa, ConvBlocks::kNonZero4x4) == expected;
        CAPTURE(to_string(isa));
        REQUIRE(same);
      }
    }
  }
}

TEST_CASE("one position of any shape and any weights has the reference's sums", "[conv_int8]") {
  uint32_t seed = 60000;
  for (const double density : {1.0, 0.3, 0.05}) {
    for (int i = 0; i < 200; ++i, ++seed) {
      ConvCase test = make_conv_case(seed, i % 4 == 3 ? 8 : 7, density);
      CAPTURE(seed, density);
      tests::keep_one_position(test);
      const std::vector<int8_t> expected = run(test, Isa::kReference);
      for (const Isa isa : available_isas()) {
        if (i % 4 == 3 && isa != Isa::kSimd128) {
          continue;
        }
        for (const ConvBlocks blocks : {ConvBlocks::kAll, ConvBlocks::kNonZero4x4}) {
          const bool same = run(test, isa, blocks) == expected;
          CAPTURE(to_string(isa), static_cast<int>(blocks));
          REQUIRE(same);
        }
      }
    }
  }
}

TEST_CASE("images of every small width have the reference's sums", "[conv_int8]") {
  uint32_t seed = 70000;
  for (int32_t width = 0; width <= 40; ++width) {
    for (int i = 0; i < 24; ++i, ++seed) {
      const int bits = i % 4 == 3 ? 8 : 7;
      ConvCase test = make_conv_case(seed, bits, 1.0, i % 2 == 0);
      tests::set_output_size(test, test.shape.kernel_h > 1 ? i % 3 : 1, width);
      CAPTURE(seed, width, test.output_layout.height);
      const std::vector<int8_t> expected = run(test, Isa::kReference);
      for (const Isa isa : available_isas()) {
        if (bits == 8 && isa != Isa::kSimd128) {
          continue;
        }
        const bool same = run(test, isa) == expected;
        CAPTURE(to_string(isa));
        REQUIRE(same);
      }
    }
  }
}

TEST_CASE("only 4x4 blocks that hold a weight are stored", "[conv_int8]") {
  const ConvShape shape = {.in_channels = 8, .out_channels = 5, .kernel_w = 2};
  std::vector<int8_t> weights(std::size_t{5} * 2 * 8);
  weights[13] = 7;   // channel 0, tap 1, input channel 5
  weights[24] = -2;  // channel 1, tap 1, input channel 0
  weights[66] = 1;   // channel 4, tap 0, input channel 2
  const PackedConvWeights packed(shape, weights, Isa::kSimd128, ConvBlocks::kNonZero4x4);
  REQUIRE(std::ranges::equal(packed.starts(), std::vector<int32_t>{0, 2, 3}));
  REQUIRE(std::ranges::equal(packed.steps(), std::vector<int32_t>{1, 3, 0}));
  REQUIRE(packed.data().size() == 48);
  REQUIRE(packed.data()[4] == -2);
  REQUIRE(packed.data()[16 + 1] == 7);
  REQUIRE(packed.data()[32 + 2] == 1);
  REQUIRE(density_4x4(shape, weights) == 3.0 / 8);
}

TEST_CASE("every form of the depthwise convolution equals the reference", "[conv_int8]") {
  for (uint32_t seed = 20000; seed < 20700; ++seed) {
    check_forms(seed, 7, true);
  }
  for (uint32_t seed = 30000; seed < 30300; ++seed) {
    check_forms(seed, 8, true);
  }
}

TEST_CASE("the reference computes a convolution worked by hand", "[conv_int8]") {
  // Two input channels, kernel 2, padding 1 on the left with zero point 5; x = [1 2 3], [10 20 30].
  const ConvShape shape = {.in_channels = 2, .out_channels = 1, .kernel_w = 2};
  const std::vector<int8_t> weights = {2, 1, -1, 3};  // tap 0: 2a + b; tap 1: -a + 3b
  const Block4 input_layout = {.channels = 2, .width = 3, .pad_left = 1};
  std::vector<int8_t> input(input_layout.bytes());
  fill_border(input_layout, 5, input.data());
  const std::vector<int8_t> rows = {1, 10, 2, 20, 3, 30};
  to_block4(input_layout, rows.data(), input.data());
  const std::vector<int32_t> bias = fold_zero_point(shape, weights, std::vector<int32_t>{100}, 5);
  REQUIRE(bias == std::vector<int32_t>{100 - 5 * 5});
  const std::vector<float> scale = {0.5F};

  // Sums over (x - 5): 100 + [(-1)(-4) + 3*5, (2(-4) + 5) + (3 + 45), (2(-3) + 15) + (2 + 75)].
  const std::vector<float> expected = {59.5F, 72.5F, 93.0F};
  for (const Isa isa : available_isas()) {
    CAPTURE(to_string(isa));
    const PackedConvWeights packed(shape, weights, isa);
    const std::vector<int32_t> offsets = conv_offsets(shape, input_layout);
    std::vector<float> floats(3);
    ConvOutput output = {ConvOutput::Kind::kRowsFloat, {.channels = 1, .width = 3}, floats.data()};
    conv_int8(packed, offsets, input_layout, input.data(), {bias, scale}, output);
    REQUIRE(floats == expected);

    std::vector<int8_t> bytes(3);
    output.kind = ConvOutput::Kind::kRowsInt8;
    output.data = bytes.data();
    conv_int8(packed, offsets, input_layout, input.data(), {bias, scale, 3, 0, 95}, output);
    REQUIRE(bytes == std::vector<int8_t>{63, 75, 95});  // 59.5 and 72.5 round to even
  }
}

TEST_CASE("the border around a Block4 output stays as it was", "[conv_int8]") {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    ConvCase test = make_conv_case(seed, 7, 1.0);
    test.kind = ConvOutput::Kind::kBlock4;
    CAPTURE(seed);
    for (const Isa isa : available_isas()) {
      std::vector<int8_t> data = run(test, isa);
      std::vector<int8_t> refilled = data;
      fill_border(test.output_layout, static_cast<int8_t>(test.zero_point), refilled.data());
      const bool same = data == refilled;
      CAPTURE(to_string(isa));
      REQUIRE(same);
    }
  }
}

TEST_CASE("shapes that have no kernel are refused", "[conv_int8]") {
  REQUIRE(supports({.in_channels = 7, .out_channels = 9}));
  REQUIRE(supports({.in_channels = 7, .out_channels = 7, .groups = 7}));
  REQUIRE(supports({.in_channels = 8, .out_channels = 16, .groups = 2}));
  REQUIRE_FALSE(supports({.in_channels = 12, .out_channels = 12, .groups = 2}));
  REQUIRE_FALSE(supports({.in_channels = 8, .out_channels = 16, .groups = 8}));
  REQUIRE_FALSE(supports({.in_channels = 8, .out_channels = 8, .groups = 3}));
  REQUIRE_FALSE(supports({.in_channels = 8, .out_channels = 8, .groups = 0}));
}

TEST_CASE("requantization saturates, and rounds half to even", "[conv_int8]") {
  REQUIRE(requantize(5, 0.5F, 0, -128, 127) == 2);
  REQUIRE(requantize(7, 0.5F, 0, -128, 127) == 4);
  REQUIRE(requantize(-5, 0.5F, 1, -128, 127) == -1);
  REQUIRE(requantize(std::numeric_limits<int32_t>::max(), 1.0F, 3, 0, 127) == 127);
  REQUIRE(requantize(std::numeric_limits<int32_t>::min(), 1.0F, 3, 0, 127) == 0);
}

}  // namespace
}  // namespace edgy::kernels
