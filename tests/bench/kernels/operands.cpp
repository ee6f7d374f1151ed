#include "tests/bench/kernels/operands.h"

#include <algorithm>
#include <cstddef>

namespace edgy::bench {
namespace {

uint32_t next_random() {
  static uint32_t state = 1;
  state = state * 1664525U + 1013904223U;
  return state >> 8;
}

// As trained weights are: most of them small, the largest near the end of the range.
int8_t bell_shaped() {
  int32_t sum = 0;
  for (int i = 0; i < 4; ++i) {
    sum += static_cast<int32_t>(next_random() & 63U) - 32;
  }
  return static_cast<int8_t>(sum == 0 ? 1 : std::clamp(sum, -127, 127));
}

std::size_t rows_of(Pattern pattern) {
  return pattern == Pattern::k4x4 ? 4 : pattern == Pattern::k2x4 ? 2 : 1;
}

}  // namespace

std::vector<int8_t> random_weights(const kernels::ConvShape& shape, Pattern pattern,
                                   int32_t density) {
  const std::size_t inner = std::size_t{1} * shape.kernel_h * shape.kernel_w * shape.in_channels /
                            static_cast<std::size_t>(shape.groups);
  std::vector<int8_t> weights(inner * shape.out_channels);
  const std::size_t columns = pattern == Pattern::k1x1 ? 1 : 4;
  std::vector<uint8_t> kept(inner / columns + 1);
  for (std::size_t i = 0; i < weights.size(); i += columns) {
    uint8_t& keep = kept[i % inner / columns];
    if (i / inner % rows_of(pattern) == 0) {
      keep = static_cast<int32_t>(next_random() % 1000) < density ? 1 : 0;
    }
    const bool half = pattern == Pattern::k2Of4;
    const std::size_t begin = i + (half && (next_random() & 1U) != 0 ? 2 : 0);
    const std::size_t end = std::min(begin + (half ? 2 : columns), weights.size());
    for (std::size_t j = begin; (keep != 0 || half) && j < end; ++j) {
      weights[j] = bell_shaped();
    }
  }
  return weights;
}

void fill_activations(std::span<int8_t> activations) {
  for (int8_t& value : activations) {
    value = static_cast<int8_t>(next_random() & 127U);
  }
}

}  // namespace edgy::bench
