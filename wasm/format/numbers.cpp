#include "wasm/format/numbers.h"

namespace edgy {

std::optional<int64_t> checked_product(int64_t a, int64_t b, int64_t limit) {
  if (a < 0 || b < 0 || (b != 0 && a > limit / b)) {
    return std::nullopt;
  }
  return a * b;
}

std::optional<int64_t> element_count(std::span<const int64_t> shape) {
  const std::optional<int64_t> count = run_element_count(shape);
  return count == 0 ? std::nullopt : count;
}

std::optional<int64_t> run_element_count(std::span<const int64_t> shape) {
  int64_t count = 1;
  bool is_empty = false;
  for (const int64_t extent : shape) {
    if (extent < -1) {
      return std::nullopt;
    }
    is_empty = is_empty || extent == 0;
    const std::optional<int64_t> next =
        checked_product(count, extent < 1 ? 1 : extent, kMaxElements);
    if (!next) {
      return std::nullopt;
    }
    count = *next;
  }
  return is_empty ? 0 : count;
}

}  // namespace edgy
