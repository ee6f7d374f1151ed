// Whole kernels on images of more than half a million positions, where a number of
// strips times a number of vectors passes 2^31; and stores and copies far behind 2^32 bytes.
#include <sys/mman.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "kernels/column_int8/column_int8.h"
#include "kernels/conv_int8/output.h"
#include "kernels/float/copy.h"
#include "kernels/log_mel/log_mel.h"
#include "kernels/sparse_conv_int8/sparse_conv_int8.h"
#include "tests/unit/kernels/conv_cases.h"
#include "wasm/runtime/thread_pool.h"

namespace edgy::kernels {
namespace {

using tests::ConvCase;

// Values everywhere, half of the blocks of weights zero.
ConvCase make_case(const ConvShape& shape, int64_t height, int64_t width, ConvOutput::Kind kind,
                   uint32_t seed) {
  std::mt19937 random(seed);
  ConvCase test;
  test.shape = shape;
  test.kind = kind;
  test.input_layout = {.channels = shape.in_channels,
                       .height = height,
                       .width = width,
                       .pad_top = (shape.kernel_h - 1) / 2,
                       .pad_left = (shape.kernel_w - 1) / 2,
                       .pad_bottom = (shape.kernel_h - 1) / 2,
                       .pad_right = (shape.kernel_w - 1) / 2};
  test.output_layout = {.channels = shape.out_channels, .height = height, .width = width};
  test.weights.resize(to_size(shape.out_channels * shape.kernel_h * shape.kernel_w *
                              shape.in_channels / shape.groups));
  for (std::size_t i = 0; i < test.weights.size(); ++i) {
    test.weights[i] = i / 4 % 2 == 0 ? static_cast<int8_t>(random() % 255 - 127) : int8_t{0};
  }
  test.input.resize(to_size(test.input_layout.bytes()));
  for (int8_t& value : test.input) {
    value = static_cast<int8_t>(random() & 127U);
  }
  for (int64_t o = 0; o < shape.out_channels; ++o) {
    test.bias.push_back(static_cast<int32_t>(random() % 2000));
    test.scale.push_back(0.002F);
  }
  return test;
}

ConvOutput output_of(const ConvCase& test, std::vector<int8_t>& data) {
  return {test.kind, test.output_layout, data.data()};
}

std::vector<int8_t> run_dense(const ConvCase& test, Isa isa, ConvBlocks blocks,
                              const Threads& threads) {
  const PackedConvWeights weights(test.shape, test.weights, isa, blocks);
  std::vector<int8_t> data = test.blank_output();
  conv_int8(weights, conv_offsets(weights, test.input_layout), test.input_layout, test.input.data(),
            test.quantization(), output_of(test, data), threads);
  return data;
}

std::vector<int8_t> run_sparse(const ConvCase& test, Isa isa, SparseBlocks blocks,
                               const Threads& threads) {
  const PackedSparseWeights weights(test.shape, test.weights, isa, blocks);
  std::vector<int8_t> data = test.blank_output();
  sparse_conv_int8(weights, sparse_conv_offsets(weights, test.input_layout), test.input_layout,
                   test.input.data(), test.quantization(), output_of(test, data), threads);
  return data;
}

std::vector<int8_t> run_column(const ConvCase& test, Isa isa, ColumnBlocks blocks) {
  const PackedColumnWeights weights(test.shape, test.weights, isa, blocks);
  std::vector<int8_t> data = test.blank_output();
  column_int8(weights, column_input(test.shape, test.input_layout), test.input_layout,
              test.input.data(), test.quantization(), output_of(test, data));
  return data;
}

void check_forms(const ConvCase& test, const Threads& threads) {
  const bool depthwise = test.shape.groups > 1;
  const std::vector<int8_t> expected = run_dense(test, Isa::kReference, ConvBlocks::kAll, {});
  for (const Isa isa : {Isa::kSimd128, Isa::kRelaxedDot, Isa::kRelaxedPair}) {
    CAPTURE(to_string(isa), test.input_layout.height, test.input_layout.width);
    CHECK((run_dense(test, isa, ConvBlocks::kAll, threads) == expected));
    if (depthwise) {
      continue;
    }
    CHECK((run_dense(test, isa, ConvBlocks::kNonZero4x4, threads) == expected));
    CHECK((run_sparse(test, isa, SparseBlocks::k1x4, threads) == expected));
    CHECK((run_sparse(test, isa, SparseBlocks::k1x1, threads) == expected));
  }
}

TEST_CASE("every form equals the reference on half a million positions and more",
          "[large_images]") {
  constexpr uint32_t seed = 725;
  CAPTURE(seed);
  // All rows as one: 724 x 724 is the last that 32 bits could count.
  const ConvShape square = {.in_channels = 4, .out_channels = 4, .kernel_h = 3, .kernel_w = 3};
  check_forms(make_case(square, 725, 725, ConvOutput::Kind::kBlock4, seed), {});
  // One row, as sound is; on two threads, and as floats.
  const ConvShape line = {.in_channels = 4, .out_channels = 8};
  const auto pool = runtime::ThreadPool::create(1);
  check_forms(make_case(line, 1, 1200003, ConvOutput::Kind::kRowsInt8, seed + 1), {pool.get(), 2});
  check_forms(make_case(line, 1, 600001, ConvOutput::Kind::kRowsFloat, seed + 2), {});
  const ConvShape depthwise = {
      .in_channels = 4, .out_channels = 4, .kernel_h = 3, .kernel_w = 3, .groups = 4};
  check_forms(make_case(depthwise, 725, 725, ConvOutput::Kind::kBlock4, seed + 3), {});
}

TEST_CASE("single positions equal the reference, half a million of them", "[large_images]") {
  constexpr uint32_t seed = 726;
  CAPTURE(seed);
  const ConvShape shape = {.in_channels = 4, .out_channels = 4};
  const ConvCase test = make_case(shape, 1, 550001, ConvOutput::Kind::kRowsInt8, seed);
  const std::vector<int8_t> expected = run_dense(test, Isa::kReference, ConvBlocks::kAll, {});
  for (const ColumnBlocks blocks :
       {ColumnBlocks::kAll, ColumnBlocks::kNonZero4x4, ColumnBlocks::kNonZero1x4}) {
    CHECK((run_column(test, Isa::kSimd128, blocks) == expected));
  }
}

/// Addresses for a tensor of any size. Only pages that are written to take memory.
class Reserved {
 public:
  explicit Reserved(int64_t bytes)
      : bytes_(to_size(bytes)),
        memory_(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
    REQUIRE(memory_ != MAP_FAILED);
  }
  Reserved(const Reserved&) = delete;
  Reserved& operator=(const Reserved&) = delete;
  ~Reserved() { munmap(memory_, bytes_); }

  template <typename T>
  T* at(int64_t index) const {
    return static_cast<T*>(memory_) + index;
  }

 private:
  std::size_t bytes_;
  void* memory_;
};

TEST_CASE("results behind 2^31 positions and 2^32 bytes go to their place", "[large_images]") {
  const std::vector<int32_t> bias(4, 0);
  const std::vector<float> scale = {1, 1, 1, 1};
  const ConvQuantization quantization = {.bias = bias, .scale = scale};
  // More than 2^31 positions: more than 2^33 bytes of int8, 2^35 of floats.
  const Block4 layout = {.channels = 4, .height = 65536, .width = 32769};
  const int64_t last = layout.height * layout.width - 1;
  QuadSums sums = {};
  int32_t column[4] = {};
  alignas(16) int8_t planar[4 * kPlanarBytes] = {};
  for (int32_t i = 0; i < 4; ++i) {
    sums.channel[i][0] = column[i] = 11 * i + 1;
    planar[kPlanarBytes * i] = static_cast<int8_t>(11 * i + 1);
  }
  const auto is_stored = [](const auto* values) {
    return values[0] == 1 && values[1] == 12 && values[2] == 23 && values[3] == 34;
  };
  const Reserved memory(16 * (last + 1));
  for (const bool is_float : {false, true}) {
    CAPTURE(is_float);
    const ConvOutput output = {
        is_float ? ConvOutput::Kind::kRowsFloat : ConvOutput::Kind::kRowsInt8, layout,
        memory.at<int8_t>(0)};
    const OutputWriter writer(quantization, output, layout.width);
    const auto stored_at = [&](int64_t position) {
      const bool stored = is_float ? is_stored(memory.at<float>(4 * position))
                                   : is_stored(memory.at<int8_t>(4 * position));
      std::memset(memory.at<int8_t>((is_float ? 16 : 4) * position), 0, is_float ? 16 : 4);
      return stored;
    };
    for (const int64_t position :
         {(int64_t{1} << 29) + 3, (int64_t{1} << 30) + 5, int64_t{1} << 31, last}) {
      CAPTURE(position);
      writer.store(0, position, 1, sums);
      CHECK(stored_at(position));
      writer.store_column(0, 1, position, column);
      CHECK(stored_at(position));
      if (!is_float) {
        writer.store_planar(0, position, 1, planar);
        CHECK(stored_at(position));
      }
    }
  }
}

TEST_CASE("elements behind 2^32 are gathered and sliced", "[large_images]") {
  const int64_t rows = (int64_t{1} << 31) + 7;
  const Reserved memory(3 * 4 * rows);
  const uint32_t wanted[3] = {1, 2, 3};
  std::memcpy(memory.at<uint32_t>(3 * (rows - 2)), wanted, sizeof(wanted));
  uint32_t out[3] = {};
  const std::vector<int64_t> indices = {-2};
  REQUIRE(gather(memory.at<uint32_t>(0), 1, rows, 3, indices, 4, out));
  CHECK(std::equal(out, out + 3, wanted));
  std::fill(out, out + 3, 0);
  const std::vector<int64_t> shape = {rows, 3};
  const std::vector<int64_t> starts = {rows - 2, 2};
  const std::vector<int64_t> steps = {1, -1};
  const std::vector<int64_t> out_shape = {1, 3};
  slice(memory.at<uint32_t>(0), shape, starts, steps, out_shape, 4, out);
  CHECK(std::equal(out, out + 3, std::rbegin(wanted)));
}

TEST_CASE("log-mel: the end of an hour of sound is what it is by itself", "[large_images]") {
  // Few bands and a short window, to be quick; the hop of speech.
  const LogMel mel({.fft_size = 64, .window = 32, .mels = 4});
  constexpr std::size_t kHour = 16000 * 3600;
  constexpr std::size_t kEnd = 16000;
  std::vector<float> sound(kHour + kEnd, 0.0F);
  for (std::size_t i = 0; i < kEnd; ++i) {
    sound[kHour + i] = std::sin(static_cast<float>(i % 160) * 0.7F) * 0.5F;
  }
  std::vector<float> scratch(mel.scratch_floats());
  std::vector<float> all(4 * mel.frames(sound.size()));
  mel.compute(sound, all, scratch);
  // The same with a second of silence before it.
  const std::span<const float> tail = std::span<const float>(sound).last(2 * kEnd);
  std::vector<float> end(4 * mel.frames(tail.size()));
  mel.compute(tail, end, scratch);
  const std::size_t frames = mel.frames(kEnd);
  REQUIRE(mel.frames(sound.size()) == 360101);
  for (std::size_t band = 1; band <= 4; ++band) {
    for (std::size_t back = 1; back <= frames; ++back) {
      REQUIRE(all[band * (all.size() / 4) - back] == end[band * (end.size() / 4) - back]);
    }
  }
}

}  // namespace
}  // namespace edgy::kernels
