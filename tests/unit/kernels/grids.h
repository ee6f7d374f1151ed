// Random quantizations and values in them, from the raw engine: the same with every standard
// library.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "kernels/quantize/quantize.h"

namespace edgy::kernels::tests {

/// 0 <= x < 1.
inline float random_unit(std::mt19937& random) {
  return static_cast<float>(random() >> 8) * 0x1p-24F;
}

/// Of 7 or 8 bits or a part of them, with any zero point; one scale in eight is tiny or huge.
inline QuantizeParameters random_grid(std::mt19937& random) {
  QuantizeParameters grid;
  grid.scale = std::exp2(random_unit(random) * 10 - 8);
  if (random() % 8 == 0) {
    grid.scale = random() % 2 == 0 ? 1e-30F : 1e30F;
  }
  grid.qmin = random() % 2 == 0 ? 0 : -128;
  grid.qmax = random() % 4 == 0 ? 15 : 127;
  grid.zero_point =
      grid.qmin + static_cast<int32_t>(random() % static_cast<uint32_t>(grid.qmax - grid.qmin + 1));
  return grid;
}

/// Values of the grid, its ends among them.
inline std::vector<int8_t> random_bytes(std::mt19937& random, std::size_t count,
                                        const QuantizeParameters& grid) {
  std::vector<int8_t> bytes(count);
  for (int8_t& byte : bytes) {
    const auto width = static_cast<uint32_t>(grid.qmax - grid.qmin);
    const uint32_t kind = random() % 8;
    const uint32_t step = kind == 0 ? 0 : kind == 1 ? width : random() % (width + 1);
    byte = static_cast<int8_t>(grid.qmin + static_cast<int32_t>(step));
  }
  return bytes;
}

}  // namespace edgy::kernels::tests
