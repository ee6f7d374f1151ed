// A compact copy of one strip's activations. Every output channel reads all channel blocks: in a
// long image each lies on a page of its own, and address translation would limit the kernel; where
// rows of the image have a length with a large power of two in it, blocks would share few sets of
// the first-level cache.
// The copy is read in cache by all output channels. For kSimd128 its values have 16 bits, so that
// they are widened once for all output channels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv_int8/strips.h"

namespace edgy::kernels {

enum class CopiedWidth { k8Bits = 1, k16Bits = 2 };  ///< in bytes
enum class CopiedOrder {
  kBlocks,  ///< [position][4 channels], as in Block4
  kPlanar,  ///< [4 channels][position], for weights that are stored one by one
};

/// What the kernels of a form read from a copy.
constexpr CopiedWidth copied_width(Isa isa) {
  return isa == Isa::kSimd128 ? CopiedWidth::k16Bits : CopiedWidth::k8Bits;
}

/// Layout of the copy: [input block][kernel row][phase][segment_bytes], a segment in `CopiedOrder`.
class StripCopy {
 public:
  /// Of strips of up to `strip_vectors` vectors. Keeps references to the first two.
  StripCopy(const ConvShape& shape, const Block4& input, int32_t strip_vectors, CopiedWidth width,
            CopiedOrder order = CopiedOrder::kBlocks);

  /// Whether the copy of a strip can be made at all.
  bool fits() const;

  /// Whether copying serves at all; if not, kernels read the image itself.
  bool worthwhile(int64_t stored_blocks) const;
  /// Byte offset in the copy of `tap` (row major) of channel block `block`, first position of the
  /// strip.
  int32_t offset(int64_t block, int64_t tap) const;
  /// The same of one channel, in CopiedOrder::kPlanar.
  int32_t channel_offset(int64_t channel, int64_t tap) const;
  int64_t block_bytes() const { return segments() * segment_bytes(); }
  /// Copies what a strip of `vectors` vectors at `input` needs, of all blocks; returns where it
  /// lies (valid until the next call of this thread).
  const int8_t* fill(const int8_t* input, int32_t vectors) const;

 private:
  int64_t segment_bytes() const { return segment_values_ * value_bytes(); }
  int64_t value_bytes() const { return static_cast<int64_t>(width_); }
  int64_t segment_of(int64_t block, int64_t tap) const;
  int64_t segments() const { return shape_.kernel_h * input_.phases; }

  const ConvShape& shape_;
  const Block4& input_;
  int32_t strip_vectors_;
  CopiedWidth width_;
  CopiedOrder order_;
  int64_t segment_values_;
};

}  // namespace edgy::kernels
