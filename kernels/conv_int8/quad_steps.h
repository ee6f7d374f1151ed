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
  std::ptrdiff_t step_bytes;  ///< from the weights of a step to those of the next
};

inline QuadSteps steps_of(const QuadKernel& kernel, int32_t quad) {
  if (kernel.starts == nullptr) {
    return {kernel.weights + std::size_t{16} * kernel.steps * quad, kernel.offsets, kernel.steps,
            16};
  }
  const PanelPlace place(quad, kernel.quads_per_group, kernel.quads_per_panel);
  const int32_t begin = kernel.starts[place.panel];
  const int32_t steps = kernel.starts[place.panel + 1] - begin;
  // Panels of several quads store all steps.
  const std::size_t blocks_before =
      kernel.quads_per_panel == 1 ? begin : std::size_t{1} * steps * place.first_quad;
  return {kernel.weights + 16 * (blocks_before + place.in_panel), kernel.offsets + begin, steps,
          std::ptrdiff_t{16} * place.quads};
}

}  // namespace edgy::kernels
