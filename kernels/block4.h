// Block4: the activation layout of Edgy's own int8 convolution kernels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "kernels/sizes.h"

namespace edgy::kernels {

/// Geometry of one int8 image [height][width][channels] in Block4 layout: channels in blocks of
/// four, and for each block all positions of the padded image, four bytes each: [C/4][H + pads][W +
/// pads][4].
///
/// A convolution tap is then a constant byte offset, so no im2col copy is needed, and one 128-bit
/// load holds four neighbouring positions of one channel block. A consumer with horizontal stride s
/// reads every s-th position: the producer therefore writes the row split into s phases,
/// [C/4][H][s][W/s][4], position x (counted from the left border) in phase x % s at index x / s, so
/// that strided reads are contiguous again.
///
/// The border and the slack behind rows hold the tensor's zero point (see `fill_border`). Kernels
/// may read, never write, up to `kSlackBytes` past the last row. Channels beyond `channels` in the
/// last block are multiplied by zero weights; they must still hold values of the tensor's range.
struct Block4 {
  static constexpr int64_t kSlackBytes =
      256;  ///< 16 vectors: no kernel reads a wider tile past the end
  /// Most bytes of an image: tables of taps hold offsets into it in 32 bits.
  static constexpr int64_t kMostBytes = std::numeric_limits<int32_t>::max();

  int64_t channels = 0;
  int64_t height = 1;
  int64_t width = 0;
  int64_t pad_top = 0;
  int64_t pad_left = 0;
  int64_t pad_bottom = 0;
  int64_t pad_right = 0;
  int64_t phases = 1;  ///< horizontal stride of the consumer

  constexpr int64_t blocks() const { return divide_up(channels, 4); }
  constexpr int64_t padded_height() const { return pad_top + height + pad_bottom; }
  constexpr int64_t padded_width() const { return pad_left + width + pad_right; }
  /// Positions in one phase of one row.
  constexpr int64_t phase_width() const {
    return phases == 1 ? padded_width() : divide_up(padded_width(), phases);
  }
  constexpr int64_t row_bytes() const { return 4 * phases * phase_width(); }
  constexpr int64_t block_bytes() const { return row_bytes() * padded_height(); }
  /// Bytes of one image, slack included: what a planner allocates. Multiple of 16.
  constexpr int64_t bytes() const {
    return (block_bytes() * blocks() + kSlackBytes + 15) & ~int64_t{15};
  }
  /// Whether kernels can read and write the image: `bytes` is at most kMostBytes. The other
  /// functions are for images that fit. Nothing here may be negative; extents and borders each may
  /// be up to 2^59.
  constexpr bool fits() const {
    const int64_t most = capped_product(4, phases, phase_width());
    return capped_product(most, padded_height(), blocks()) <= kMostBytes - kSlackBytes - 15;
  }
  /// Bytes from the beginning of a row to column `column`, counted from the left border.
  constexpr int64_t column_offset(int64_t column) const {
    return 4 * (phases == 1 ? column : column % phases * phase_width() + column / phases);
  }
  /// Byte offset of channel block `block` at row `y`, column `x` of the unpadded image; y and x may
  /// reach into the border.
  constexpr int64_t offset(int64_t block, int64_t y, int64_t x) const {
    return block_bytes() * block + row_bytes() * (y + pad_top) + column_offset(x + pad_left);
  }
};

/// Writes `zero_point` to every byte of the image that is no position of it: borders, phase
/// remainders, unused channels of the last block, slack. `data` holds `layout.bytes()` bytes.
void fill_border(const Block4& layout, int8_t zero_point, int8_t* data);

/// Copies channels-last [height][width][channels] int8 into Block4 (interior only) and back.
void to_block4(const Block4& layout, const int8_t* channels_last, int8_t* data);
void from_block4(const Block4& layout, const int8_t* data, int8_t* channels_last);

}  // namespace edgy::kernels
