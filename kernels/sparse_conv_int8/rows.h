// Kernels that compute one output channel ("a row" of the weight matrix) at a time.
#pragma once

#include <cstdint>

#include "kernels/conv_int8/strips.h"

namespace edgy::kernels {

/// Rows that are sorted by length, computed one after another and only then stored; what threads
/// share is whole chunks.
inline constexpr int64_t kChunkRows = 64;

/// Of kernels of single weights: most vectors of a strip (32 positions, whose sums fill half the
/// registers), and vectors that they compute together.
inline constexpr int32_t kSingleStripVectors = 8;
inline constexpr int32_t kSingleTileVectors = 2;

/// Of kernels of blocks: most vectors of a strip for an output of `height` by `width`: no more than
/// the form's registers hold, and strips of one row are even.
int32_t sparse_strip_vectors(Isa isa, int64_t height, int64_t width);

class RowKernel final : public StripKernel {
 public:
  /// Rows `begin` to `end` of the packing over one strip. Results of channel c go to place
  /// c - first_channel.
  struct Chunk {
    int64_t begin;
    int64_t end;
    int64_t first_channel;
    int32_t vectors;
    const int8_t* input;
  };
  /// int8 values, [place][kPlanarBytes].
  using ToValues = void (*)(const RowKernel& kernel, const Chunk& chunk,
                            const ConvQuantization& quantization, int8_t* values);
  /// Sums; place p is channel p % 4 of sums[p / 4].
  using ToSums = void (*)(const RowKernel& kernel, const Chunk& chunk,
                          const ConvQuantization& quantization, QuadSums* sums);

  void run(const Strip& strip, const ChannelRange& channels, const ConvQuantization& quantization,
           const OutputWriter& writer) const override;
  ChannelRange part(int64_t index, int64_t parts) const override;

  ToValues to_values = nullptr;
  ToSums to_sums = nullptr;
  const int8_t* values = nullptr;  ///< of PackedSparseWeights, like the next two
  const int32_t* row_starts = nullptr;
  const int32_t* channels = nullptr;
  const int32_t* offsets = nullptr;  ///< bytes from the first position's input, of each block
  int64_t out_channels = 0;
  int64_t channels_per_group = 1;

 private:
  int64_t chunks_per_group() const { return divide_up(channels_per_group, kChunkRows); }
  int64_t chunks() const { return out_channels / channels_per_group * chunks_per_group(); }
  int64_t first_channel(int64_t chunk) const;
  int64_t first_chunk(int64_t part, int64_t parts) const;
  void run_chunk(const Chunk& chunk, const Strip& strip, const ConvQuantization& quantization,
                 const OutputWriter& writer) const;
};

}  // namespace edgy::kernels
