// Where the weights and offsets of a quad lie.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv_int8/quads.h"

namespace edgy::kernels {

/// The stored steps of a quad: all, or those of its non-zero 4x4 blocks.
struct QuadSteps {
  const int8_t* weights;
  const int32_t* offsets;
  int32_t steps;
};

inline QuadSteps steps_of(const QuadKernel& kernel, int64_t quad) {
  if (kernel.starts == nullptr) {
    return {kernel.weights + int64_t{16} * kernel.steps * quad, kernel.offsets, kernel.steps};
  }
  const int32_t begin = kernel.starts[quad];
  return {kernel.weights + int64_t{16} * begin, kernel.offsets + begin,
          kernel.starts[quad + 1] - begin};
}

}  // namespace edgy::kernels
