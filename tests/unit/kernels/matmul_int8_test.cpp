#include "kernels/matmul_int8/matmul_int8.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <random>
#include <vector>

#include "kernels/requantize.h"

namespace edgy::kernels {
namespace {

struct MatmulCase {
  MatmulShape shape;
  MatmulQuantization quantization;
  std::vector<int8_t> a;
  std::vector<int8_t> b;

  int32_t sum(int64_t row, int64_t column) const {
    int32_t sum = 0;
    for (int64_t i = 0; i < shape.k; ++i) {
      const int64_t x = shape.transpose_a ? i * shape.m + row : row * shape.k + i;
      const int64_t y = shape.transpose_b ? column * shape.k + i : i * shape.n + column;
      sum += (a.data()[x] - quantization.a_zero_point) * (b.data()[y] - quantization.b_zero_point);
    }
    return sum;
  }

  /// Bytes of the result by the definition.
  std::vector<uint8_t> expected() const {
    std::vector<uint8_t> bytes;
    for (int64_t row = 0; row < shape.m; ++row) {
      for (int64_t column = 0; column < shape.n; ++column) {
        const int32_t acc = sum(row, column);
        if (quantization.is_float) {
          const float value = static_cast<float>(acc) * quantization.scale;
          const auto* raw = reinterpret_cast<const uint8_t*>(&value);
          bytes.insert(bytes.end(), raw, raw + sizeof value);
        } else {
          const QuantizeParameters& y = quantization.result;
          bytes.push_back(static_cast<uint8_t>(
              requantize(acc, quantization.scale, y.zero_point, y.qmin, y.qmax)));
        }
      }
    }
    return bytes;
  }

  std::vector<uint8_t> computed(Isa isa) const {
    const MatmulInt8 product(shape, quantization, isa);
    std::vector<uint8_t> memory(to_size(product.scratch_bytes()) + 16, 0xff);
    const std::size_t bytes =
        to_size(shape.m * shape.n) * (quantization.is_float ? sizeof(float) : 1);
    constexpr uint8_t kGuard = 0x5a;
    std::vector<uint8_t> out(bytes + 16, kGuard);
    auto* scratch = memory.data() + (16 - reinterpret_cast<uintptr_t>(memory.data()) % 16) % 16;
    product.run(a.data(), b.data(), out.data(), scratch);
    REQUIRE(std::all_of(out.begin() + static_cast<std::ptrdiff_t>(bytes), out.end(),
                        [](uint8_t byte) { return byte == kGuard; }));
    out.resize(bytes);
    return out;
  }
};

MatmulCase make_case(uint32_t seed) {
  std::mt19937 random(seed);
  const auto below = [&](uint32_t limit) { return static_cast<int32_t>(random() % limit); };
  MatmulCase test;
  const int64_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 12, 16, 31, 32, 33, 40, 65, 100};
  const auto size = [&] { return sizes[random() % std::size(sizes)]; };
  test.shape = {size(), size(), size(), below(2) == 1, below(2) == 1};
  test.quantization.a_zero_point = below(128);
  test.quantization.b_zero_point = below(128);
  test.quantization.scale = 0.0001F * static_cast<float>(1 + below(300));
  test.quantization.result = {1, below(128), 0, 127};
  if (seed % 3 == 0) {
    test.quantization.result = {1, below(256) - 128, -128, 127};
  }
  test.quantization.is_float = seed % 4 == 1;
  test.a.resize(to_size(test.shape.m * test.shape.k));
  test.b.resize(to_size(test.shape.k * test.shape.n));
  const bool extreme = seed % 5 == 2;
  for (auto* values : {&test.a, &test.b}) {
    for (int8_t& value : *values) {
      value = static_cast<int8_t>(extreme ? 127 * below(2) : below(128));
    }
  }
  return test;
}

TEST_CASE("every form of a product of two activations equals its definition", "[matmul_int8]") {
  for (uint32_t seed = 0; seed < 600; ++seed) {
    const MatmulCase test = make_case(seed);
    CAPTURE(seed, test.shape.m, test.shape.k, test.shape.n, test.shape.transpose_a,
            test.shape.transpose_b, test.quantization.is_float);
    const std::vector<uint8_t> expected = test.expected();
    for (const Isa isa : available_isas()) {
      CAPTURE(to_string(isa));
      const bool same = test.computed(isa) == expected;
      REQUIRE(same);
    }
  }
}

TEST_CASE("the longest int8 product of activations fits its sums", "[matmul_int8]") {
  MatmulCase test;
  test.shape = {1, MatmulInt8::kMostProducts, 4, false, true};
  test.quantization.b_zero_point = 127;
  test.quantization.a_zero_point = 0;
  test.quantization.is_float = true;
  test.a.assign(to_size(test.shape.k), 127);
  test.b.assign(to_size(test.shape.k * test.shape.n), 0);
  REQUIRE(test.sum(0, 0) == -127 * 127 * (1 << 16));
  for (const Isa isa : available_isas()) {
    CAPTURE(to_string(isa));
    const bool same = test.computed(isa) == test.expected();
    REQUIRE(same);
  }
}

}  // namespace
}  // namespace edgy::kernels
