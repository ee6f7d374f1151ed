// Sizes, counts and offsets at the edges of 31 and 32 bits: the functions that compute them, with
// values of images that no test could hold.
#include "kernels/sizes.h"

#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <random>
#include <vector>

#include "kernels/column_int8/column_int8.h"
#include "kernels/conv_cost/conv_cost.h"
#include "kernels/conv_int8/geometry.h"
#include "kernels/conv_int8/quads.h"
#include "kernels/conv_int8/strip_copy.h"
#include "kernels/conv_int8/strip_grid.h"
#include "kernels/sparse_conv_int8/rows.h"
#include "kernels/sparse_conv_int8/sparse_conv_int8.h"
#include "kernels/team.h"
#include "wasm/runtime/audio_front_end.h"
#include "wasm/runtime/plan/layouts.h"

namespace edgy::kernels {
namespace {

constexpr int64_t k31 = int64_t{1} << 31;
constexpr int64_t k32 = int64_t{1} << 32;

TEST_CASE("products that do not fit are capped, and never wrap", "[sizes]") {
  CHECK(capped_product(3, 5) == 15);
  CHECK(capped_product(0, kMostSize) == 0);
  CHECK(capped_product(kMostSize, 0) == 0);
  CHECK(capped_product(65536, 65536) == k32);
  CHECK(capped_product(kMostSize, 1) == kMostSize);
  CHECK(capped_product(kMostSize / 2, 3) == kMostSize);
  CHECK(capped_product(k32, k32) == kMostSize);                 // 0 in 64 bits
  CHECK(capped_product(k32, 4, k31, k31 + 1, 7) == kMostSize);  // whatever it wraps to
  CHECK(capped_product(k32, k32, 0) == 0);
}

TEST_CASE("narrowing keeps what fits", "[sizes]") {
  STATIC_CHECK(narrow<int32_t>(k31 - 1) == std::numeric_limits<int32_t>::max());
  STATIC_CHECK(narrow<int32_t>(-k31) == std::numeric_limits<int32_t>::min());
  STATIC_CHECK(narrow<uint32_t>(k32 - 1) == std::numeric_limits<uint32_t>::max());
  STATIC_CHECK(narrow<uint16_t>(std::size_t{65535}) == 65535);
}

// Strips follow each other, none is empty or too wide, and the last ends where its row does.
void check_strips(const ConvShape& shape, const Block4& input, const Block4& output,
                  int64_t strip_vectors, std::mt19937_64& random) {
  const StripGrid grid(shape, input, output, strip_vectors);
  const bool merged = grid.pitch() != output.width || output.height == 1;
  const int64_t rows = merged ? 1 : output.height;
  const int64_t row_positions =
      merged ? (output.height - 1) * grid.pitch() + output.width : output.width;
  CAPTURE(output.height, output.width, strip_vectors, merged);
  REQUIRE(grid.strips() % rows == 0);
  const int64_t row_strips = grid.strips() / rows;
  const auto check = [&](int64_t strip) {
    const StripGrid::Place place = grid[strip];
    CAPTURE(strip, place.row, place.first, place.end);
    REQUIRE(place.row == strip / row_strips);
    REQUIRE(place.first % 4 == 0);
    REQUIRE(place.first >= 0);
    REQUIRE(place.end > place.first);
    REQUIRE(place.end - place.first <= 4 * strip_vectors);
    REQUIRE(place.end <= row_positions);
    if (strip % row_strips == 0) {
      REQUIRE(place.first == 0);
    }
    if ((strip + 1) % row_strips == 0) {
      REQUIRE(place.end == row_positions);
    } else {
      REQUIRE(grid[strip + 1].first == place.end);
    }
  };
  for (int64_t i = 0; i < 300; ++i) {
    check(static_cast<int64_t>(random() % static_cast<uint64_t>(grid.strips())));
    check(std::min(i, grid.strips() - 1));
    check(std::max<int64_t>(grid.strips() - 1 - i, 0));
  }
}

TEST_CASE("strips cover every position of images of any size", "[sizes]") {
  constexpr uint64_t seed = 31;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const auto image = [](int64_t height, int64_t width) {
    return Block4{.channels = 4, .height = height, .width = width};
  };
  for (const int64_t vectors : {4, 5, 8, 9}) {
    // One row. 46341 strips of vectors are where a product of 32 bits would wrap.
    for (const int64_t width :
         {int64_t{4} * 46340 * vectors, int64_t{4} * 46341 * vectors, int64_t{600000}, k31 - 1, k31,
          k31 + 1, k32 - 1, k32, k32 + 1, 4 * k31 - 3, 4 * k32 + 5}) {
      check_strips({}, image(1, width), image(1, width), vectors, random);
    }
    // Rows by themselves, because of a stride, and all rows as one.
    for (const auto& [height, width] : {std::pair<int64_t, int64_t>{724, 724},
                                        {725, 725},
                                        {46341, 46341},
                                        {65536, 65536},
                                        {k31, 1},
                                        {k32 + 1, 3},
                                        {3, k32 + 1}}) {
      check_strips({.stride_h = 2}, image(2 * height, width), image(height, width), vectors,
                   random);
      Block4 padded = image(height, width);
      padded.pad_left = padded.pad_right = 1;
      check_strips({.kernel_w = 3}, padded, image(height, width), vectors, random);
    }
  }
}

TEST_CASE("shares are numbered beyond 32 bits", "[sizes]") {
  Shares shares(k32 + 2);
  CHECK(shares.take() == 0);
  CHECK(shares.take() == 1);
  Shares none(0);
  CHECK(none.take() == -1);
}

TEST_CASE("an image fits as long as 32 bits reach its bytes", "[sizes]") {
  // Four channels, one row: 4 bytes a position, and the slack.
  const int64_t most = (Block4::kMostBytes - Block4::kSlackBytes - 15) / 4;
  Block4 row = {.channels = 4, .width = most};
  CHECK(row.fits());
  CHECK(row.bytes() <= Block4::kMostBytes);
  CHECK(row.offset(0, 0, most - 1) == 4 * (most - 1));
  ++row.width;
  CHECK_FALSE(row.fits());

  CHECK(Block4{.channels = 8, .height = 725, .width = 725}.fits());
  CHECK_FALSE(Block4{.channels = 1, .height = 46341, .width = 46341}.fits());
  CHECK_FALSE(Block4{.channels = k31, .height = 1, .width = 1}.fits());
  // Products that are 0 or small in 32 bits, and in 64.
  CHECK_FALSE(Block4{.channels = 4, .height = 65536, .width = 65536}.fits());
  CHECK_FALSE(
      Block4{.channels = 4096, .width = 1, .pad_right = (1 << 20) - 1, .phases = 32768}.fits());
  const int64_t far = int64_t{1} << 30;
  CHECK_FALSE(Block4{.channels = far, .height = far, .width = far}.fits());
  CHECK_FALSE(Block4{
      .channels = 1, .height = 1, .width = 1, .pad_top = k32, .pad_left = k32, .phases = 32768}
                  .fits());
}

TEST_CASE("offsets into images beyond 2^31 and 2^32 bytes are exact", "[sizes]") {
  constexpr uint64_t seed = 32;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const auto below = [&](int64_t end) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(end));
  };
  for (int i = 0; i < 2000; ++i) {
    const Block4 layout = {.channels = 1 + below(600),
                           .height = 1 + below(70000),
                           .width = 1 + below(70000),
                           .pad_top = below(40),
                           .pad_left = below(40),
                           .pad_bottom = below(40),
                           .pad_right = below(40),
                           .phases = 1 + below(5)};
    const int64_t block = below(layout.blocks());
    const int64_t y = below(layout.height);
    const int64_t x = below(layout.width);
    CAPTURE(i, layout.channels, layout.height, layout.width, layout.phases, block, y, x);
    // By the definition: [C/4][H][s][W/s][4].
    const int64_t phase_width =
        (layout.pad_left + layout.width + layout.pad_right + layout.phases - 1) / layout.phases;
    const int64_t column = x + layout.pad_left;
    int64_t index = block;
    index = index * (layout.pad_top + layout.height + layout.pad_bottom) + layout.pad_top + y;
    index = index * layout.phases + column % layout.phases;
    index = index * phase_width + column / layout.phases;
    REQUIRE(layout.offset(block, y, x) == 4 * index);
    REQUIRE(layout.fits() == (layout.block_bytes() * layout.blocks() <=
                              Block4::kMostBytes - Block4::kSlackBytes - 15));
  }
}

TEST_CASE("taps of the greatest images lie in them", "[sizes]") {
  // 2^31 bytes less a few: 725 rows, and the rest channels and columns.
  const ConvShape shape = {.in_channels = 1024, .out_channels = 4, .kernel_h = 3, .kernel_w = 3};
  Block4 image = {.channels = 1024, .height = 725, .pad_bottom = 2};
  image.width = (Block4::kMostBytes - Block4::kSlackBytes - 15) / image.channels / 727;
  REQUIRE(image.fits());
  REQUIRE(image.bytes() > k31 - 1024 * 1024);
  const std::vector<int32_t> offsets = conv_offsets(shape, image);
  REQUIRE(std::ssize(offsets) == group_blocks(shape) * taps(shape));
  int64_t step = 0;
  for (int64_t block = 0; block < 256; ++block) {
    for (int64_t kh = 0; kh < 3; ++kh) {
      for (int64_t kw = 0; kw < 3; ++kw, ++step) {
        REQUIRE(offsets[static_cast<std::size_t>(step)] ==
                ((block * 727 + kh) * image.width + kw) * 4);
      }
    }
  }
}

TEST_CASE("a strip is copied only if its copy fits, whatever kernel and stride", "[sizes]") {
  // Bytes of these copies are multiples of 2^32, or wrap to little.
  const auto fits = [](const ConvShape& shape) {
    const Block4 input = {.channels = shape.in_channels, .phases = shape.stride_w};
    return StripCopy(shape, input, kQuadStripVectors, CopiedWidth::k8Bits).fits();
  };
  CHECK(fits({.in_channels = 4, .out_channels = 4}));
  CHECK_FALSE(fits({.in_channels = 4096, .out_channels = 4, .stride_w = 32768}));
  CHECK_FALSE(fits({.in_channels = 1 << 30, .out_channels = 1, .stride_w = 32768}));
  CHECK_FALSE(fits({.in_channels = 4, .out_channels = 4, .kernel_w = 32768, .dilation_w = 32768}));
  CHECK_FALSE(fits({.in_channels = 1 << 15,
                    .out_channels = 1,
                    .kernel_h = 32768,
                    .stride_w = 32768,
                    .dilation_w = 32768}));
  CHECK_FALSE(supports_single({.in_channels = 4096, .out_channels = 4, .stride_w = 32768}));
  // 4 * 2^30 bytes of a column are 0 in 32 bits.
  CHECK_FALSE(
      supports_column({.in_channels = 1, .out_channels = 1, .kernel_h = 32768, .kernel_w = 32768}));
  CHECK(supports_column({.in_channels = 65536, .out_channels = 4}));
  CHECK_FALSE(supports_column({.in_channels = 65540, .out_channels = 4}));
}

TEST_CASE("rows of strips have a width at any length", "[sizes]") {
  for (const Isa isa : {Isa::kSimd128, Isa::kRelaxedDot, Isa::kRelaxedPair}) {
    for (const int64_t width : {int64_t{1}, k31 - 1, k31, k32, k32 + 4}) {
      const int32_t vectors = sparse_strip_vectors(isa, 1, width);
      CAPTURE(to_string(isa), width, vectors);
      CHECK(vectors >= 1);
      CHECK(vectors <= kStripVectors);
      CHECK((width == 1) == (vectors == 1));
    }
  }
}

TEST_CASE("the cost of a layer grows with images of any size", "[sizes]") {
  const ConvShape shape = {.in_channels = 16, .out_channels = 16, .kernel_h = 3, .kernel_w = 3};
  double before = 0;
  for (const int64_t side : {1000, 46341, 65536, 65537, 1 << 20}) {
    const OutputSize size = {side, side};
    REQUIRE(dense_kind(shape, size) == ConvKernelKind::kDense);
    const double cost =
        conv_cost(ConvKernelKind::kDense, dense_work(shape, size), Isa::kSimd128, DotClass::kNone);
    CAPTURE(side);
    CHECK(cost > before);
    before = cost;
  }
}

}  // namespace
}  // namespace edgy::kernels

namespace edgy::runtime {
namespace {

TEST_CASE("layouts: an image that kernels could not read is refused", "[sizes]") {
  constexpr int64_t side = 725;
  CHECK(block4_of(image_of({1, side, side, 8}), {1, 1, 1, 1, 1}));
  CHECK(block4_of(image_of({1, (int64_t{1} << 29) - 72, 4}), {}));
  CHECK_FALSE(block4_of(image_of({1, int64_t{1} << 29, 4}), {}));
  CHECK_FALSE(block4_of(image_of({1, int64_t{1} << 30}), {32768, 32768, 32768, 32768, 32768}));
  CHECK_FALSE(block4_of(image_of({1, int64_t{1} << 15, int64_t{1} << 15, 1}), {}));
  CHECK_FALSE(block4_of(image_of({int64_t{1} << 30}), {0, 0, 0, 32768, 32768}));
}

TEST_CASE("audio: the bytes of a spectrogram are counted beyond 32 bits", "[sizes]") {
  flatbuffers::FlatBufferBuilder builder;
  format::fb::LogMelT table;
  table.hop = 1;
  table.mels = 512;
  builder.Finish(format::fb::CreateLogMel(builder, &table));
  const auto front_end =
      AudioFrontEnd::create(*flatbuffers::GetRoot<format::fb::LogMel>(builder.GetBufferPointer()));
  REQUIRE(front_end);
  // 2^21 frames of 512 floats are 2^32 bytes.
  constexpr std::size_t samples = (std::size_t{1} << 21) - 1;
  CHECK(front_end->output_bytes(samples) == int64_t{1} << 32);
  CHECK(front_end->output_bytes(samples + 1) == (int64_t{1} << 32) + 2048);
}

}  // namespace
}  // namespace edgy::runtime
