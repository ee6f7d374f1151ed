#include "kernels/conv_int8/quads.h"

#include <algorithm>
#include <cstddef>

namespace edgy::kernels {
namespace {

// Quads of one position that are computed before any is stored.
constexpr int32_t kColumnQuads = 64;

}  // namespace

void QuadKernel::run(const Strip& strip, const ConvQuantization& quantization,
                     const OutputWriter& writer) const {
  if (strip.positions == 1 && accumulate_column != nullptr) {
    run_column(strip, quantization, writer);
    return;
  }
  QuadSums sums = {};
  for (int32_t quad = 0; 4 * quad < out_channels; ++quad) {
    int32_t bias[4] = {};
    for (int32_t i = 0; i < 4 && 4 * quad + i < out_channels; ++i) {
      bias[i] = quantization.bias[4 * quad + i];
    }
    const int8_t* input = strip.input + strip.group_bytes * (quad / quads_per_group);
    accumulate(*this, quad, input, strip.positions, bias, sums);
    writer.store(quad, strip.start, strip.positions, sums);
  }
}

void QuadKernel::run_column(const Strip& strip, const ConvQuantization& quantization,
                            const OutputWriter& writer) const {
  alignas(16) int32_t sums[4 * kColumnQuads];
  const int32_t all_quads = (out_channels + 3) / 4;
  for (int32_t first = 0; first < all_quads;) {
    const int32_t group = first / quads_per_group;
    const int32_t end = std::min({first + kColumnQuads, all_quads, quads_per_group * (group + 1)});
    const int32_t channels = std::min(4 * end, out_channels) - 4 * first;
    std::copy_n(quantization.bias.data() + std::ptrdiff_t{4} * first, channels, sums);
    std::fill(sums + channels, sums + std::ptrdiff_t{4} * (end - first), 0);
    accumulate_column(*this, first, end - first, strip.input + strip.group_bytes * group, sums);
    writer.store_column(first, end - first, strip.start, sums);
    first = end;
  }
}

}  // namespace edgy::kernels
