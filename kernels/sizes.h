// Arithmetic on sizes: how many elements, positions, vectors or bytes there are, and where they
// lie.
//
// They are int64_t on every platform, from the plan to the sum that is added to a pointer: products
// of two 32-bit numbers wrap at images of half a million positions, and std::size_t has 32 bits in
// WebAssembly. What is narrower is made by `narrow` (docs/kernels.md, Sizes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace edgy::kernels {

/// `value` in a narrower type, for tables that inner loops read and for the standard library. The
/// planner has refused what does not fit (`Block4::fits`); should it not have, the program ends
/// here instead of reading or writing somewhere else.
template <typename To, typename From>
constexpr To narrow(From value) {
  if (!std::in_range<To>(value)) {
    __builtin_trap();
  }
  return static_cast<To>(value);
}

/// For the standard library.
constexpr std::size_t to_size(int64_t value) {
  return narrow<std::size_t>(value);
}

/// More than any memory, and small enough for a few of them to be added.
inline constexpr int64_t kMostSize = int64_t{1} << 60;

/// Product of numbers that are not negative; kMostSize if it is that or more. For numbers from a
/// file or a caller, whose products may not fit 64 bits: to compare them with a limit.
constexpr int64_t capped_product(int64_t a, int64_t b) {
  return b != 0 && a > kMostSize / b ? kMostSize : a * b;
}
template <typename... More>
constexpr int64_t capped_product(int64_t a, int64_t b, More... more) {
  return capped_product(capped_product(a, b), more...);
}

constexpr int64_t divide_up(int64_t value, int64_t divisor) {
  return (value + divisor - 1) / divisor;
}

}  // namespace edgy::kernels
