// Walks the output of a convolution in strips of positions and quads of channels; a kernel supplies
// the sums.
#pragma once

#include <cstdint>

#include "kernels/conv_int8/output.h"

namespace edgy::kernels {

class StripCopy;

/// One convolution in one instruction form, weights and tap offsets bound.
struct QuadKernel {
  /// Sums of the quad over `positions` (1..32) neighbours from `input` on, starting from `bias`.
  /// Every vector that holds a position is written whole.
  using Accumulate = void (*)(const QuadKernel& kernel, int32_t quad, const int8_t* input,
                              int32_t positions, const int32_t (&bias)[4], QuadSums& sums);
  /// Sums of `quads` (1..4) quads at one position, added to `sums` ([quads][4], holding the
  /// biases).
  using AccumulateColumn = void (*)(const QuadKernel& kernel, int32_t quad, int32_t quads,
                                    const int8_t* input, int32_t* sums);
  Accumulate accumulate;
  int32_t strip_vectors;               ///< most vectors of a strip, up to kStripVectors
  AccumulateColumn accumulate_column;  ///< for strips of one position; may be null
  const int8_t* weights;               ///< in the kernel's own packing
  const int32_t* offsets;              ///< bytes from the first position's input
  const int32_t* row_starts;  ///< sparse weights: first stored block of each output channel (1x4)
                              ///< or quad (4x4)
  const uint8_t* summable;    ///< of PackedConvWeights; or null
  int32_t steps;              ///< dense weights: offsets per output channel
  int32_t out_channels;
  int32_t quads_per_group;   ///< quads that read the same input channels
  int32_t blocks_per_group;  ///< input channel blocks of one group
  const StripCopy* copy;     ///< sparse weights whose offsets count in a copy of the strip; or null
};

/// Convolves one image with `kernel`.
void run_strips(const ConvShape& shape, const Block4& input_layout, const int8_t* input,
                const QuadKernel& kernel, const ConvQuantization& quantization,
                const ConvOutput& output);

}  // namespace edgy::kernels
