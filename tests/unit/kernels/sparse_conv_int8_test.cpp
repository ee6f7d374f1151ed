#include "kernels/sparse_conv_int8/sparse_conv_int8.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/unit/kernels/conv_cases.h"

namespace edgy::kernels {
namespace {

using tests::ConvCase;
using tests::make_conv_case;

std::vector<int8_t> run_dense_reference(const ConvCase& test) {
  const PackedConvWeights weights(test.shape, test.weights, Isa::kReference);
  const std::vector<int32_t> offsets = conv_offsets(test.shape, test.input_layout);
  std::vector<int8_t> data = test.blank_output();
  const ConvOutput output = {test.kind, test.output_layout, data.data()};
  conv_int8(weights, offsets, test.input_layout, test.input.data(), test.quantization(), output);
  return data;
}

std::vector<int8_t> run_sparse(const ConvCase& test, Isa isa,
                               SparseBlocks blocks = SparseBlocks::k1x4) {
  const PackedSparseWeights weights(test.shape, test.weights, isa, blocks);
  const std::vector<int32_t> offsets = sparse_conv_offsets(weights, test.input_layout);
  std::vector<int8_t> data = test.blank_output();
  const ConvOutput output = {test.kind, test.output_layout, data.data()};
  sparse_conv_int8(weights, offsets, test.input_layout, test.input.data(), test.quantization(),
                   output);
  return data;
}

void check_forms(uint32_t seed, int activation_bits, double density) {
  const ConvCase test = make_conv_case(seed, activation_bits, density);
  CAPTURE(seed, activation_bits, density);
  REQUIRE(supports_sparse(test.shape));
  const std::vector<int8_t> expected = run_dense_reference(test);
  for (const Isa isa : available_isas()) {
    if (activation_bits == 8 && isa != Isa::kSimd128 && isa != Isa::kReference) {
      continue;
    }
    const bool same = run_sparse(test, isa) == expected;
    const bool same_singly =
        !supports_single(test.shape) || run_sparse(test, isa, SparseBlocks::k1x1) == expected;
    CAPTURE(to_string(isa));
    REQUIRE(same);
    REQUIRE(same_singly);
  }
}

TEST_CASE("every form of the sparse convolution equals the dense reference", "[sparse_conv_int8]") {
  uint32_t seed = 0;
  for (const double density : {0.0, 0.03, 0.1, 0.2, 0.5, 1.0}) {
    for (int i = 0; i < 300; ++i, ++seed) {
      check_forms(seed, 7, density);
    }
    for (int i = 0; i < 100; ++i, ++seed) {
      check_forms(seed, 8, density);
    }
  }
}

TEST_CASE("one position is a strip like any other", "[sparse_conv_int8]") {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    ConvCase test = make_conv_case(seed, 7, 0.3);
    CAPTURE(seed);
    tests::keep_one_position(test);
    const std::vector<int8_t> expected = run_dense_reference(test);
    for (const Isa isa : available_isas()) {
      const bool same = run_sparse(test, isa) == expected;
      CAPTURE(to_string(isa));
      REQUIRE(same);
    }
  }
}

TEST_CASE("only blocks that hold a weight are stored", "[sparse_conv_int8]") {
  const ConvShape shape = {.in_channels = 6, .out_channels = 2, .kernel_w = 2};
  std::vector<int8_t> weights(24);
  weights[5] = 3;    // row 0, tap 0, channel 5
  weights[12] = -1;  // row 1, tap 0, channel 0
  weights[18] = 9;   // row 1, tap 1, channel 0
  const PackedSparseWeights packed(shape, weights, Isa::kSimd128);
  REQUIRE(packed.stored_blocks() == 3);
  REQUIRE(std::ranges::equal(packed.channels(), std::vector<int32_t>{0, 1}));
  REQUIRE(std::ranges::equal(packed.row_starts(), std::vector<int32_t>{0, 2, 4}));
  REQUIRE(std::ranges::equal(packed.steps(), std::vector<int32_t>{2, 2, 0, 1}));
  std::vector<int8_t> values(16);  // the first row filled up with zeros to two blocks
  values[1] = 3;
  values[8] = -1;
  values[12] = 9;
  REQUIRE(std::ranges::equal(packed.values(), values));
}

TEST_CASE("single weights are stored in fours whose products fit together", "[sparse_conv_int8]") {
  const ConvShape shape = {.in_channels = 6, .out_channels = 2, .kernel_w = 2};
  const std::vector<int8_t> weights = {
      127, 127, 0, 127, 0, -128,  // channel 0, tap 0
      0,   0,   4, -1,  0, 0,     // tap 1
      0,   0,   0, 0,   0, 0,     // channel 1
      0,   0,   0, 0,   0, 0,
  };
  const PackedSparseWeights packed(shape, weights, Isa::kRelaxedPair, SparseBlocks::k1x1);
  REQUIRE(packed.stored_blocks() == 6);
  // 127 + 127 + 4 are 258; a third 127 opens a four of its own.
  REQUIRE(
      std::ranges::equal(packed.values(), std::vector<int8_t>{127, 127, 4, -1, 127, -128, 0, 0}));
  REQUIRE(std::ranges::equal(packed.steps(), std::vector<int32_t>{0, 2, 5, 7, 6, 10, 6, 6}));
  REQUIRE(std::ranges::equal(packed.channels(), std::vector<int32_t>{1, 0}));
  REQUIRE(std::ranges::equal(packed.row_starts(), std::vector<int32_t>{0, 0, 8}));
  const PackedSparseWeights wide(shape, weights, Isa::kSimd128, SparseBlocks::k1x1);
  REQUIRE(std::ranges::equal(wide.values(), std::vector<int8_t>{127, 127, 4, 127, -1, -128, 0, 0}));
}

TEST_CASE("single weights need room for a strip of their channels", "[sparse_conv_int8]") {
  REQUIRE(supports_single({.in_channels = 768, .out_channels = 8, .kernel_w = 4, .stride_w = 2}));
  REQUIRE(supports_single({.in_channels = 2048, .out_channels = 8}));
  REQUIRE_FALSE(supports_single({.in_channels = 2052, .out_channels = 8}));
  REQUIRE_FALSE(supports_single({.in_channels = 8, .out_channels = 8, .groups = 8}));
}

TEST_CASE("rows are stored from the shortest to the longest", "[sparse_conv_int8]") {
  const ConvShape shape = {.in_channels = 24, .out_channels = 3};
  std::vector<int8_t> weights(72);
  for (const int32_t block : {0, 1, 2, 8, 12, 13, 14, 15, 16}) {  // rows of 3, 1 and 5 blocks
    weights[4 * block] = 1;
  }
  const PackedSparseWeights packed(shape, weights, Isa::kSimd128);
  REQUIRE(std::ranges::equal(packed.channels(), std::vector<int32_t>{1, 0, 2}));
  REQUIRE(std::ranges::equal(packed.row_starts(), std::vector<int32_t>{0, 2, 6, 12}));
}

TEST_CASE("a depthwise convolution has no sparse kernel", "[sparse_conv_int8]") {
  REQUIRE_FALSE(supports_sparse({.in_channels = 8, .out_channels = 8, .groups = 8}));
  REQUIRE(supports_sparse({.in_channels = 8, .out_channels = 8, .groups = 2}));
}

}  // namespace
}  // namespace edgy::kernels
