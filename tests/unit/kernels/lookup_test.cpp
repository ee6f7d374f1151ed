// Tables of one int8 value against the kernels that they stand for.
#include "kernels/lookup/lookup.h"

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <vector>

#include "tests/unit/kernels/grids.h"

namespace edgy::kernels {
namespace {

constexpr UnaryOp kUnaries[] = {
#define EDGY_UNARY(name, ...) UnaryOp::k##name,
#include "kernels/float/unary.inc"
};

TEST_CASE("a table gives what the float kernels give one after the other", "[lookup]") {
  for (uint32_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const QuantizeParameters x = tests::random_grid(random);
    const QuantizeParameters y = tests::random_grid(random);
    const UnaryOp op = kUnaries[seed % std::size(kUnaries)];
    const float alpha = tests::random_unit(random) - 0.5F;
    const float beta = alpha + tests::random_unit(random);
    const std::vector<int8_t> input = tests::random_bytes(random, random() % 70, x);
    std::vector<float> real(input.size());
    dequantize(input.data(), input.size(), x.scale, x.zero_point, real.data());

    std::vector<int8_t> wanted(input.size());
    std::vector<int8_t> found(input.size());
    quantize_rows(real.data(), real.size(), y, wanted.data());
    lookup(requantize_table(x, y), input.data(), input.size(), found.data());
    REQUIRE(found == wanted);

    unary(op, alpha, beta, real, real);
    quantize_rows(real.data(), real.size(), y, wanted.data());
    const LookupTable table = unary_table(op, alpha, beta, x, y);
    lookup(table, input.data(), input.size(), found.data());
    REQUIRE(found == wanted);
    lookup_reference(table, input.data(), input.size(), found.data());
    REQUIRE(found == wanted);
  }
}

TEST_CASE("every byte finds its answer in vectors and in their tail", "[lookup]") {
  for (const bool seven_bits : {true, false}) {
    LookupTable table;
    table.seven_bits = seven_bits;
    std::mt19937 random(7);
    for (int8_t& answer : table.answers) {
      answer = static_cast<int8_t>(random());
    }
    for (std::size_t count = 0; count < 300; ++count) {
      std::vector<int8_t> values(count);
      for (std::size_t i = 0; i < count; ++i) {
        values[i] = static_cast<int8_t>(seven_bits ? i % 128 : i);
      }
      std::vector<int8_t> wanted(count);
      lookup_reference(table, values.data(), count, wanted.data());
      lookup(table, values.data(), count, values.data());  // in place
      REQUIRE(values == wanted);
    }
  }
}

}  // namespace
}  // namespace edgy::kernels
