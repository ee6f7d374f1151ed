#include "kernels/conv_int8/quads.h"

#include <algorithm>
#include <cstddef>

namespace edgy::kernels {

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
  const int32_t all_quads = (out_channels + 3) / 4;
  for (int32_t quad = 0; quad < all_quads;) {
    const int32_t group = quad / quads_per_group;
    const int32_t quads = std::min({4, all_quads - quad, quads_per_group * (group + 1) - quad});
    alignas(16) int32_t sums[16] = {};
    std::copy_n(quantization.bias.data() + std::ptrdiff_t{4} * quad,
                std::min(4 * quads, out_channels - 4 * quad), sums);
    accumulate_column(*this, quad, quads, strip.input + strip.group_bytes * group, sums);
    writer.store_column(quad, quads, strip.start, sums);
    quad += quads;
  }
}

}  // namespace edgy::kernels
