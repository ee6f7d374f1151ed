// Kernels that compute four output channels ("a quad") at a time.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/conv_int8/strips.h"

namespace edgy::kernels {

/// Most vectors of a strip: tiles are two vectors wide.
inline constexpr int32_t kQuadStripVectors = 8;

class QuadKernel final : public StripKernel {
 public:
  /// Sums of the quad over `positions` neighbours from `input` on,
  /// starting from its four biases. Every vector that holds a position is written whole.
  using Accumulate = void (*)(const QuadKernel& kernel, int64_t quad, const int8_t* input,
                              int32_t positions, const int32_t* bias, QuadSums& sums);
  /// Sums of this quad and the next, of one group, as `Accumulate`.
  using AccumulateTwo = void (*)(const QuadKernel& kernel, int64_t quad, const int8_t* input,
                                 int32_t positions, const int32_t* bias, PositionSums (&sums)[2]);
  /// Sums of `quads` quads of one group at one position, added to `sums` ([quads][4], holding the
  /// biases).
  using AccumulateColumn = void (*)(const QuadKernel& kernel, int64_t quad, int64_t quads,
                                    const int8_t* input, int32_t* sums);

  void run(const Strip& strip, const ChannelRange& channels, const ConvQuantization& quantization,
           const OutputWriter& writer) const override;
  ChannelRange part(int64_t index, int64_t parts) const override;

  Accumulate accumulate = nullptr;
  AccumulateTwo accumulate_two = nullptr;        ///< where a group has two more; may be null
  AccumulateColumn accumulate_column = nullptr;  ///< for strips of one position; may be null
  const int8_t* weights = nullptr;               ///< in the kernel's own packing
  const int32_t* offsets = nullptr;              ///< bytes from the first position's input
  const int32_t* starts = nullptr;  ///< of PackedConvWeights; null: `steps` are the same for all
  int32_t steps = 0;                ///< without `starts`: offsets per output channel
  int64_t out_channels = 0;
  int64_t quads_per_group = 1;  ///< quads that read the same input channels

 private:
  void run_column(const Strip& strip, const ChannelRange& channels,
                  const ConvQuantization& quantization, const OutputWriter& writer) const;
  int64_t first_quad(int64_t part, int64_t parts) const;
};

}  // namespace edgy::kernels
