// Walks the output of a convolution in strips of positions; a kernel computes the channels of a
// strip. Threads share strips, and channels within them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv_int8/output.h"

namespace edgy::kernels {

class StripCopy;

/// Neighbouring positions of one output row.
struct Strip {
  const int8_t* input;  ///< of the first position, first channel
  int64_t group_bytes;  ///< from the input channels of one group to those of the next
  int64_t start;        ///< number of the first position, as OutputWriter counts
  int32_t positions;    ///< at most 4 * strip_vectors
};

/// Output channels `begin` to `end` (left out).
struct ChannelRange {
  int64_t begin;
  int64_t end;
};

/// One convolution in one instruction form, weights and tap offsets bound.
class StripKernel {
 public:
  /// Computes and stores output channels of a strip: all, or those of a `part`.
  virtual void run(const Strip& strip, const ChannelRange& channels,
                   const ConvQuantization& quantization, const OutputWriter& writer) const = 0;
  /// Part `index` of the output channels cut into `parts` of about equally many stored weights;
  /// some may be empty. No two parts hold channels of the same four.
  virtual ChannelRange part(int64_t index, int64_t parts) const = 0;

  int32_t strip_vectors = kStripVectors;  ///< most vectors of a strip
  int64_t blocks_per_group = 0;           ///< input channel blocks of one group
  /// For weights whose offsets count in a copy of the strip; or null.
  const StripCopy* copy = nullptr;

 protected:
  ~StripKernel() = default;
};

/// Convolves one image with `kernel`.
void run_strips(const ConvShape& shape, const Block4& input_layout, const int8_t* input,
                const StripKernel& kernel, const ConvQuantization& quantization,
                const ConvOutput& output, const Threads& threads);

}  // namespace edgy::kernels
