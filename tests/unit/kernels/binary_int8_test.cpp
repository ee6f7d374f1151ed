// Binary operations of int8 tensors against the kernels that they stand for.
#include "kernels/binary_int8/binary_int8.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <random>
#include <vector>

#include "tests/unit/kernels/grids.h"

namespace edgy::kernels {
namespace {

constexpr BinaryOp kBinaries[] = {
#define EDGY_BINARY(name, ...) BinaryOp::k##name,
#include "kernels/float/binary.inc"
};

using Shape = std::vector<int64_t>;

/// An operand of random type, and its real values.
struct Operand {
  Shape shape;
  std::optional<QuantizeParameters> grid;
  std::vector<int8_t> bytes;
  std::vector<float> real;

  BinaryOperand operand() const {
    return {grid ? static_cast<const void*>(bytes.data()) : real.data(), shape, grid};
  }
};

Operand random_operand(std::mt19937& random, Shape shape) {
  Operand operand;
  operand.shape = std::move(shape);
  operand.real.resize(to_size(element_count(operand.shape)));
  for (float& value : operand.real) {
    value = tests::random_unit(random) * 8 - 4;
  }
  if (random() % 4 != 0) {
    operand.grid = tests::random_grid(random);
    operand.bytes = tests::random_bytes(random, operand.real.size(), *operand.grid);
    dequantize(operand.bytes.data(), operand.bytes.size(), operand.grid->scale,
               operand.grid->zero_point, operand.real.data());
  }
  return operand;
}

/// Shapes that broadcast, some extents 0.
std::pair<Shape, Shape> random_shapes(std::mt19937& random) {
  Shape a;
  Shape b;
  for (std::size_t axis = random() % 4; axis > 0; --axis) {
    const auto extent = static_cast<int64_t>(random() % 16 == 0 ? 0 : random() % 9 + 1);
    a.push_back(random() % 3 == 0 ? 1 : extent);
    b.push_back(random() % 3 == 0 ? 1 : extent);
  }
  if (!a.empty() && random() % 4 == 0) {  // longer than a strip
    a.back() = 300 + static_cast<int64_t>(random() % 300);
    b.back() = random() % 2 == 0 ? 1 : a.back();
  }
  if (!b.empty() && random() % 4 == 0) {
    b.erase(b.begin());
  }
  return {a, b};
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * 4) == 0);
}

TEST_CASE("binary operations on int8 give what float ones give between Dequantize and Quantize",
          "[binary_int8]") {
  for (uint32_t seed = 0; seed < 2000; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto [a_shape, b_shape] = random_shapes(random);
    const Operand a = random_operand(random, a_shape);
    const Operand b = random_operand(random, b_shape);
    const BinaryOp op = kBinaries[seed % std::size(kBinaries)];
    Shape shape(std::max(a_shape.size(), b_shape.size()));
    REQUIRE(broadcast_shape(a_shape, b_shape, shape));
    std::vector<float> real(to_size(element_count(shape)));
    binary(op, a.real, a_shape, b.real, b_shape, real, shape);

    const QuantizeParameters grid = tests::random_grid(random);
    std::vector<int8_t> wanted(real.size());
    quantize_rows(real.data(), real.size(), grid, wanted.data());
    std::vector<int8_t> found(real.size());
    binary_int8(op, a.operand(), b.operand(), {found.data(), shape, grid});
    REQUIRE(found == wanted);

    std::vector<float> floats(real.size());
    binary_int8(op, a.operand(), b.operand(), {floats.data(), shape, std::nullopt});
    REQUIRE(same_bits(floats, real));
  }
}

}  // namespace
}  // namespace edgy::kernels
