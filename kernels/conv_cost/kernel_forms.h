// Which form of each int8 kernel is fastest on which class of processors.
#pragma once

#include <cstdint>

#include "kernels/dot_class.h"
#include "kernels/isa.h"

namespace edgy::kernels {

/// Kernels that have a form and a cost of their own, in the order of their rows in the tables.
enum class ConvKernelKind : uint8_t {
  kDense,         ///< conv_int8, all weights or blocks of 4x4
  kDenseColumn,   ///< column_int8, all weights
  k4x4Column,     ///< column_int8, blocks of 4x4
  kDepthwise,     ///< conv_int8, depthwise
  kSparse,        ///< sparse_conv_int8, blocks of 1x4
  kSparseColumn,  ///< column_int8, blocks of 1x4
  kSingle,        ///< sparse_conv_int8, weights one by one
};
inline constexpr int kConvKernelKinds = 7;

/// The fastest form for activations in 0..127; kSimd128 where there is no relaxed one. Measured by
/// `make bench-kernels`, or said to be estimated, in kernel_forms_table.inc.
Isa fastest_form(ConvKernelKind kernel, DotClass dot_class);

}  // namespace edgy::kernels
