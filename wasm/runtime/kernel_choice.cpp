#include "wasm/runtime/kernel_choice.h"

#include "kernels/sparse_conv_int8/sparse_conv_int8.h"

namespace edgy::runtime {
namespace {

/// Above this share of stored blocks the dense kernel, which shares each load among four output
/// channels, is faster.
constexpr double kSparseBelow = 0.7;

kernels::Isa choose_isa(int activation_bits, std::optional<kernels::Isa> wanted) {
  const bool is_relaxed =
      wanted == kernels::Isa::kRelaxedDot || wanted == kernels::Isa::kRelaxedPair;
  if (wanted && (activation_bits <= 7 || !is_relaxed)) {
    return *wanted;
  }
  return kernels::fastest_isa(activation_bits);
}

}  // namespace

double block_density(std::span<const int8_t> weights, int32_t channels) {
  const std::size_t run = static_cast<std::size_t>(channels);
  std::size_t blocks = 0;
  std::size_t stored = 0;
  for (std::size_t begin = 0; begin < weights.size(); begin += run) {
    for (std::size_t channel = 0; channel < run; channel += 4) {
      bool any = false;
      for (std::size_t i = channel; i < channel + 4 && i < run; i++) {
        any = any || weights[begin + i] != 0;
      }
      blocks++;
      stored += any ? 1 : 0;
    }
  }
  return blocks == 0 ? 0 : static_cast<double>(stored) / static_cast<double>(blocks);
}

KernelChoice choose_conv_kernel(const kernels::ConvShape& shape, std::span<const int8_t> weights,
                                int activation_bits, std::optional<kernels::Isa> wanted) {
  const kernels::Isa isa = choose_isa(activation_bits, wanted);
  if (kernels::supports_sparse(shape) &&
      block_density(weights, shape.in_channels / shape.groups) < kSparseBelow) {
    return {ConvKernel::kSparse, isa};
  }
  return {kernels::supports(shape) ? ConvKernel::kDense : ConvKernel::kXnnpack, isa};
}

}  // namespace edgy::runtime
