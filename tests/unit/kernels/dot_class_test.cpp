// Classes of processors by what they answer to relaxed dots beyond the range that kernels use.
#include "kernels/dot_class.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>

#include "kernels/simd.h"

namespace edgy::kernels {
namespace {

// The instruction as each class computes it, for four equal products.
int32_t saturating_pairs(int32_t weight, uint8_t activation) {
  return 2 * std::clamp(2 * weight * activation, INT16_MIN, INT16_MAX);
}
int32_t wrapping_pairs(int32_t weight, uint8_t activation) {
  return 2 * static_cast<int16_t>(2 * weight * static_cast<int8_t>(activation));
}
int32_t exact_unsigned(int32_t weight, uint8_t activation) {
  return 4 * weight * activation;
}
int32_t exact_signed(int32_t weight, uint8_t activation) {
  return 4 * weight * static_cast<int8_t>(activation);
}

DotAnswers answers_of(int32_t (*dot)(int32_t, uint8_t)) {
  return {dot(127, 255), dot(-128, 128)};
}

TEST_CASE("what a processor answers says its class", "[dot_class]") {
  CHECK(class_of(answers_of(saturating_pairs)) == DotClass::kSaturatingPairs);
  CHECK(class_of(answers_of(wrapping_pairs)) == DotClass::kSignedPairs);
  CHECK(class_of(answers_of(exact_unsigned)) == DotClass::kExactUnsigned);
  CHECK(class_of(answers_of(exact_signed)) == DotClass::kExactSigned);
  CHECK(class_of({}) == DotClass::kSaturatingPairs);
  // Within 0..127 there are no classes.
  for (const int32_t weight : {-128, -1, 0, 127}) {
    for (const uint8_t activation : {0, 1, 127}) {
      const int32_t sum = exact_signed(weight, activation);
      CHECK(saturating_pairs(weight, activation) == sum);
      CHECK(wrapping_pairs(weight, activation) == sum);
      CHECK(exact_unsigned(weight, activation) == sum);
    }
  }
}

TEST_CASE("a processor's class is the same every time", "[dot_class]") {
  const DotClass first = dot_class();
  CAPTURE(to_string(first));
  CHECK((first == DotClass::kNone) == !kHasRelaxedSimd);
  for (int i = 0; i < 100; ++i) {
    REQUIRE(dot_class() == first);
  }
}

}  // namespace
}  // namespace edgy::kernels
