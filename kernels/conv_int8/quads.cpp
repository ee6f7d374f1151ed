#include "kernels/conv_int8/quads.h"

#include <algorithm>
#include <cstddef>

namespace edgy::kernels {
namespace {

// Quads of one position that are computed before any is stored.
constexpr int64_t kColumnQuads = 64;

}  // namespace

int64_t QuadKernel::first_quad(int64_t part, int64_t parts) const {
  const int64_t quads = divide_up(out_channels, 4);
  if (part == parts || starts == nullptr) {
    return quads * part / parts;
  }
  const int64_t steps_before = starts[quads] * part / parts;
  return std::lower_bound(starts, starts + quads, steps_before) - starts;
}

ChannelRange QuadKernel::part(int64_t index, int64_t parts) const {
  return {4 * first_quad(index, parts), std::min(4 * first_quad(index + 1, parts), out_channels)};
}

void QuadKernel::run(const Strip& strip, const ChannelRange& channels,
                     const ConvQuantization& quantization, const OutputWriter& writer) const {
  if (strip.positions == 1 && accumulate_column != nullptr) {
    run_column(strip, channels, quantization, writer);
    return;
  }
  QuadSums sums = {};
  PositionSums two_sums[2] = {};
  const int64_t end = divide_up(channels.end, 4);
  for (int64_t quad = channels.begin / 4; quad < end;) {
    alignas(16) int32_t bias[8] = {};
    std::copy_n(quantization.bias.data() + 4 * quad, std::min<int64_t>(8, out_channels - 4 * quad),
                bias);
    const int64_t group = quad / quads_per_group;
    const int8_t* input = strip.input + strip.group_bytes * group;
    if (accumulate_two != nullptr && quad + 2 <= std::min(end, quads_per_group * (group + 1))) {
      accumulate_two(*this, quad, input, strip.positions, bias, two_sums);
      writer.store(quad, strip.start, strip.positions, two_sums[0]);
      writer.store(quad + 1, strip.start, strip.positions, two_sums[1]);
      quad += 2;
    } else {
      accumulate(*this, quad, input, strip.positions, bias, sums);
      writer.store(quad, strip.start, strip.positions, sums);
      ++quad;
    }
  }
}

void QuadKernel::run_column(const Strip& strip, const ChannelRange& range,
                            const ConvQuantization& quantization,
                            const OutputWriter& writer) const {
  alignas(16) int32_t sums[4 * kColumnQuads];
  const int64_t end_quad = divide_up(range.end, 4);
  for (int64_t first = range.begin / 4; first < end_quad;) {
    const int64_t group = first / quads_per_group;
    const int64_t end = std::min({first + kColumnQuads, end_quad, quads_per_group * (group + 1)});
    const int64_t channels = std::min(4 * end, out_channels) - 4 * first;
    std::copy_n(quantization.bias.data() + 4 * first, channels, sums);
    std::fill(sums + channels, sums + 4 * (end - first), 0);
    accumulate_column(*this, first, end - first, strip.input + strip.group_bytes * group, sums);
    writer.store_column(first, end - first, strip.start, sums);
    first = end;
  }
}

}  // namespace edgy::kernels
