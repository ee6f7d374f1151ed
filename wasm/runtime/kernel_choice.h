// Which kernel computes an int8 convolution.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "kernels/conv_int8/conv_int8.h"
#include "kernels/isa.h"

namespace edgy::runtime {

enum class ConvKernel {
  kDense,    ///< kernels/conv_int8
  kSparse,   ///< kernels/sparse_conv_int8
  kXnnpack,  ///< shapes that neither of them supports
};

struct KernelChoice {
  ConvKernel kernel = ConvKernel::kDense;
  kernels::Isa isa = kernels::Isa::kReference;  ///< of kDense and kSparse
};

/// Share of 1x4 blocks (four consecutive input channels of one tap of one output channel) that hold
/// a non-zero, 0..1. `channels`: input channels of a group.
double block_density(std::span<const int8_t> weights, int32_t channels);

/// All kernels give the same integers; the choice is about speed alone. `weights` is [O, KH, KW, C
/// / groups]. `activation_bits`: 7 if the input's values are 0..127, else 8. `wanted`: as
/// SessionOptions::isa; a form that is not exact for 8 bits is replaced by the fastest one that is.
KernelChoice choose_conv_kernel(const kernels::ConvShape& shape, std::span<const int8_t> weights,
                                int activation_bits, std::optional<kernels::Isa> wanted);

}  // namespace edgy::runtime
