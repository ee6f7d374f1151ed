// Extents and strides of row-major tensors, for the kernels that walk any number of axes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/sizes.h"

namespace edgy::kernels {

/// Row-major extents, outermost first. At most kMaxRank axes; extents are not negative.
using Extents = std::span<const int64_t>;
inline constexpr std::size_t kMaxRank = 8;
using Strides = std::array<int64_t, kMaxRank>;

inline int64_t element_count(Extents shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) {
    count *= extent;
  }
  return count;
}

/// In elements; strides beyond the rank are 0.
inline Strides row_major_strides(Extents shape) {
  Strides strides{};
  int64_t step = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

/// Calls visit(offset) once for each index of `shape` in row-major order; offset = sum of index *
/// strides.
template <typename Visit>
void for_each_offset(Extents shape, const Strides& strides, Visit visit) {
  if (element_count(shape) == 0) {
    return;
  }
  std::array<int64_t, kMaxRank> index{};
  int64_t offset = 0;
  for (;;) {
    visit(offset);
    std::size_t axis = shape.size();
    while (axis-- > 0) {
      offset += strides[axis];
      if (++index[axis] < shape[axis]) {
        break;
      }
      offset -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
    if (axis == static_cast<std::size_t>(-1)) {
      return;
    }
  }
}

}  // namespace edgy::kernels
