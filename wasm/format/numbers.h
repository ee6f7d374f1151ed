// Arithmetic on sizes that come from a file or a caller.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace edgy {

/// Largest number of elements of a tensor and largest number of bytes of a buffer: what a 32-bit
/// address space can hold with room to spare.
inline constexpr int64_t kMaxElements = int64_t{1} << 30;
inline constexpr int64_t kMaxBytes = int64_t{1} << 31;
inline constexpr int32_t kMaxRank = 8;

/// a * b for non-negative factors, nothing if it exceeds `limit`.
std::optional<int64_t> checked_product(int64_t a, int64_t b, int64_t limit);

/// Product of the entries (1 for a scalar), -1 entries counting as 1. Nothing if an entry is
/// neither -1 nor positive or the product exceeds kMaxElements.
std::optional<int64_t> element_count(std::span<const int64_t> shape);

/// The same for a shape of a run, where an extent may be 0 (a cache that holds nothing yet): 0
/// then, if the other extents keep to the limit.
std::optional<int64_t> run_element_count(std::span<const int64_t> shape);

inline int64_t ceil_divide(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

}  // namespace edgy
