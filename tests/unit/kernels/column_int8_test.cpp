#include "kernels/column_int8/column_int8.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "tests/unit/kernels/conv_cases.h"

namespace edgy::kernels {
namespace {

using tests::ConvCase;
using tests::make_conv_case;

constexpr ColumnBlocks kAllBlocks[] = {ColumnBlocks::kAll, ColumnBlocks::kNonZero4x4,
                                       ColumnBlocks::kNonZero1x4};

std::vector<int8_t> run_reference(const ConvCase& test) {
  const PackedConvWeights weights(test.shape, test.weights, Isa::kReference);
  std::vector<int8_t> data = test.blank_output();
  conv_int8(weights, conv_offsets(weights, test.input_layout), test.input_layout, test.input.data(),
            test.quantization(), {test.kind, test.output_layout, data.data()});
  return data;
}

std::vector<int8_t> run_column(const ConvCase& test, Isa isa, ColumnBlocks blocks) {
  const PackedColumnWeights weights(test.shape, test.weights, isa, blocks);
  std::vector<int8_t> data = test.blank_output();
  column_int8(weights, column_input(test.shape, test.input_layout), test.input_layout,
              test.input.data(), test.quantization(), {test.kind, test.output_layout, data.data()});
  return data;
}

void check_forms(const ConvCase& test, int activation_bits) {
  REQUIRE(supports_column(test.shape));
  const std::vector<int8_t> expected = run_reference(test);
  for (const Isa isa : available_isas()) {
    if (isa == Isa::kReference || (activation_bits == 8 && isa != Isa::kSimd128)) {
      continue;
    }
    for (const ColumnBlocks blocks : kAllBlocks) {
      const bool same = run_column(test, isa, blocks) == expected;
      CAPTURE(to_string(isa), static_cast<int>(blocks));
      REQUIRE(same);
    }
  }
}

TEST_CASE("one position of any shape and any weights has the reference's sums", "[column_int8]") {
  uint32_t seed = 60000;
  for (const double density : {1.0, 0.5, 0.2, 0.05, 0.0}) {
    for (int i = 0; i < 600; ++i, ++seed) {
      const int bits = i % 4 == 3 ? 8 : 7;
      ConvCase test = make_conv_case(seed, bits, density);
      CAPTURE(seed, density);
      if (i % 3 == 0) {
        check_forms(test, bits);  // all of its positions, one after another
      }
      tests::keep_one_position(test);
      check_forms(test, bits);
    }
  }
}

// Many channels: several chunks, and panels of all sizes.
ConvCase wide_case(uint32_t seed, int32_t in_channels, int32_t out_channels, double density) {
  ConvCase test = make_conv_case(seed, 7, density);
  std::mt19937 random(seed);
  test.shape = {.in_channels = in_channels, .out_channels = out_channels};
  test.input_layout = {.channels = in_channels, .width = 1};
  test.output_layout = {.channels = out_channels, .width = 1};
  test.weights.assign(std::size_t{1} * in_channels * out_channels, 0);
  for (std::size_t i = 0; i < test.weights.size(); ++i) {
    if (static_cast<double>(random() % 1000) < 1000 * density) {
      test.weights[i] = static_cast<int8_t>(static_cast<int32_t>(random() % 121) - 60);
    }
  }
  test.input.assign(test.input_layout.bytes(), 127);
  test.bias.assign(out_channels, 5);
  test.scale.assign(out_channels, 0.0001F);
  return test;
}

TEST_CASE("one position adds products in 16 bits only where they fit", "[column_int8]") {
  for (uint32_t seed = 50000; seed < 50200; ++seed) {
    CAPTURE(seed);
    ConvCase test = wide_case(seed, 300, 40, 1.0);
    if (seed % 2 == 1) {  // pairs of steps that would overflow, in one panel or in the other
      std::mt19937 random(seed);
      for (uint32_t i = 0; i < 1 + seed % 5; ++i) {
        const std::size_t first = 300 * (random() % 40) + 8 * (random() % 37);
        std::fill_n(test.weights.begin() + static_cast<std::ptrdiff_t>(first), 8,
                    static_cast<int8_t>(seed % 4 == 1 ? 127 : -128));
      }
    }
    check_forms(test, 7);
  }
}

TEST_CASE("more channels than a chunk holds keep their order", "[column_int8]") {
  for (const int32_t out_channels : {1023, 1024, 1025, 1059, 2100}) {
    CAPTURE(out_channels);
    check_forms(wide_case(7, 20, out_channels, 0.3), 7);
  }
}

TEST_CASE("a column reaches as far as 16 bits", "[column_int8]") {
  REQUIRE(supports_column({.in_channels = 65536, .out_channels = 4}));
  REQUIRE_FALSE(supports_column({.in_channels = 65537, .out_channels = 4}));
  REQUIRE(supports_column({.in_channels = 65536 * 2, .out_channels = 8, .groups = 2}));
  REQUIRE_FALSE(supports_column({.in_channels = 8, .out_channels = 8, .groups = 8}));
  ConvCase test = wide_case(9, 65536, 5, 0.001);
  std::fill(test.weights.end() - 4, test.weights.end(), static_cast<int8_t>(99));
  check_forms(test, 7);
}

TEST_CASE("blocks are listed from the shortest channel to the longest", "[column_int8]") {
  const ConvShape shape = {.in_channels = 8, .out_channels = 5, .kernel_w = 2};
  std::vector<int8_t> weights(std::size_t{5} * 2 * 8);
  weights[13] = 7;   // channel 0, tap 1, input channel 5
  weights[24] = -2;  // channel 1, tap 1, input channel 0
  weights[66] = 1;   // channel 4, tap 0, input channel 2
  const PackedColumnWeights packed(shape, weights, Isa::kSimd128, ColumnBlocks::kNonZero4x4);
  REQUIRE(std::ranges::equal(packed.places(), std::vector<uint16_t>{1, 0}));
  // A panel of two units: channels 4 to 7, filled up with a block of zeros; then channels 0 to 3.
  REQUIRE(packed.panels().size() == 1);
  const std::vector<uint16_t> offsets = {0, 0, 4, 12};
  REQUIRE(std::equal(offsets.begin(), offsets.end(), packed.offsets()));
  std::vector<int8_t> values(64);
  values[2] = 1;
  values[32 + 4] = -2;
  values[48 + 1] = 7;
  REQUIRE(std::equal(values.begin(), values.end(), packed.values()));
}

}  // namespace
}  // namespace edgy::kernels
