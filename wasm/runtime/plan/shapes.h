// Small helpers of shape inference.
#pragma once

#include <cstdint>
#include <optional>

#include "wasm/runtime/model.h"

namespace edgy::runtime {

/// Number of elements of a shape that was checked (see element_count in wasm/format/numbers.h for
/// others).
int64_t count_of(const Shape& shape);
/// Product of the extents from `first` on, up to `last` (left out).
int64_t product(const Shape& shape, std::size_t first, std::size_t last);
/// -rank..rank-1 to 0..rank-1.
std::size_t axis_of(int32_t axis, std::size_t rank);

/// Positions of a sliding window: nothing if not even one fits. Of an extent of 0 there are 0 if
/// the window is a single value without padding.
struct Window {
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t pad_before = 0;
  int64_t pad_after = 0;
};
std::optional<int64_t> window_positions(int64_t extent, const Window& window);

}  // namespace edgy::runtime
