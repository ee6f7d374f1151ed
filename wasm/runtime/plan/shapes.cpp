#include "wasm/runtime/plan/shapes.h"

namespace edgy::runtime {

int64_t count_of(const Shape& shape) {
  return product(shape, 0, shape.size());
}

int64_t product(const Shape& shape, std::size_t first, std::size_t last) {
  int64_t result = 1;
  for (std::size_t i = first; i < last; i++) {
    result *= shape[i];
  }
  return result;
}

std::size_t axis_of(int32_t axis, std::size_t rank) {
  return axis < 0 ? rank - static_cast<std::size_t>(-axis) : static_cast<std::size_t>(axis);
}

std::optional<int64_t> window_positions(int64_t extent, const Window& window) {
  if (extent == 0) {
    // Nothing has no window of its own, and one that lies in padding alone sees nothing.
    const bool is_plain = window.kernel == 1 && window.pad_before + window.pad_after == 0;
    return is_plain ? std::optional<int64_t>(0) : std::nullopt;
  }
  const int64_t room =
      extent + window.pad_before + window.pad_after - (window.kernel - 1) * window.dilation - 1;
  return room < 0 ? std::nullopt : std::optional<int64_t>(room / window.stride + 1);
}

}  // namespace edgy::runtime
