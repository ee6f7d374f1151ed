#include "kernels/sparse_conv_int8/rows.h"

#include <algorithm>
#include <cstddef>

namespace edgy::kernels {
namespace {

alignas(64) thread_local union {
  int8_t values[kChunkRows * kPlanarBytes];
  QuadSums sums[kChunkRows / 4];
} results;

}  // namespace

void RowKernel::run(const Strip& strip, const ConvQuantization& quantization,
                    const OutputWriter& writer) const {
  const int8_t* input = strip.input;
  for (int32_t group = 0; group < out_channels; group += channels_per_group) {
    const int32_t group_end = group + channels_per_group;
    for (int32_t first = group; first < group_end; first += kChunkRows) {
      const int32_t end = std::min(first + kChunkRows, group_end);
      run_chunk({first, end, first, (strip.positions + 3) / 4, input}, strip, quantization, writer);
    }
    input += strip.group_bytes;
  }
}

void RowKernel::run_chunk(const Chunk& chunk, const Strip& strip,
                          const ConvQuantization& quantization, const OutputWriter& writer) const {
  const int32_t first_quad = chunk.first_channel / 4;
  const int32_t quads = (chunk.end - chunk.begin + 3) / 4;
  if (writer.is_float()) {
    to_sums(*this, chunk, quantization, results.sums);
    for (int32_t quad = 0; quad < quads; ++quad) {
      writer.store(first_quad + quad, strip.start, strip.positions, results.sums[quad]);
    }
  } else {
    // Channels that do not exist hold the zero point.
    const std::ptrdiff_t existing = std::ptrdiff_t{kPlanarBytes} * (chunk.end - chunk.begin);
    const std::ptrdiff_t all = std::ptrdiff_t{4} * kPlanarBytes * quads;
    std::fill(results.values + existing, results.values + all,
              static_cast<int8_t>(quantization.zero_point));
    to_values(*this, chunk, quantization, results.values);
    for (int32_t quad = 0; quad < quads; ++quad) {
      writer.store_planar(first_quad + quad, strip.start, strip.positions,
                          results.values + std::ptrdiff_t{4} * kPlanarBytes * quad);
    }
  }
}

}  // namespace edgy::kernels
