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

int64_t RowKernel::first_channel(int64_t chunk) const {
  const int64_t per_group = chunks_per_group();
  return chunk / per_group * channels_per_group + chunk % per_group * kChunkRows;
}

// Rows lie in the order of their chunks, so a chunk's first row has the number of its first
// channel.
int64_t RowKernel::first_chunk(int64_t part, int64_t parts) const {
  if (part == parts) {
    return chunks();
  }
  const int64_t blocks_before = row_starts[out_channels] * part / parts;
  int64_t low = 0;
  int64_t high = chunks();
  while (low < high) {
    const int64_t middle = (low + high) / 2;
    if (row_starts[first_channel(middle)] < blocks_before) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

ChannelRange RowKernel::part(int64_t index, int64_t parts) const {
  if (parts == 1) {
    return {0, out_channels};
  }
  return {first_channel(first_chunk(index, parts)), first_channel(first_chunk(index + 1, parts))};
}

void RowKernel::run(const Strip& strip, const ChannelRange& range,
                    const ConvQuantization& quantization, const OutputWriter& writer) const {
  for (int64_t first = range.begin; first < range.end;) {
    const int64_t group = first / channels_per_group;
    const int64_t end = std::min(first + kChunkRows, channels_per_group * (group + 1));
    run_chunk(
        {first, end, first, (strip.positions + 3) / 4, strip.input + strip.group_bytes * group},
        strip, quantization, writer);
    first = end;
  }
}

void RowKernel::run_chunk(const Chunk& chunk, const Strip& strip,
                          const ConvQuantization& quantization, const OutputWriter& writer) const {
  const int64_t first_quad = chunk.first_channel / 4;
  const int64_t quads = divide_up(chunk.end - chunk.begin, 4);
  if (writer.is_float()) {
    to_sums(*this, chunk, quantization, results.sums);
    for (int64_t quad = 0; quad < quads; ++quad) {
      writer.store(first_quad + quad, strip.start, strip.positions, results.sums[quad]);
    }
  } else {
    // Channels that do not exist hold the zero point.
    const int64_t existing = kPlanarBytes * (chunk.end - chunk.begin);
    const int64_t all = kPlanarBytes * 4 * quads;
    std::fill(results.values + existing, results.values + all,
              static_cast<int8_t>(quantization.zero_point));
    to_values(*this, chunk, quantization, results.values);
    for (int64_t quad = 0; quad < quads; ++quad) {
      writer.store_planar(first_quad + quad, strip.start, strip.positions,
                          results.values + kPlanarBytes * 4 * quad);
    }
  }
}

}  // namespace edgy::kernels
