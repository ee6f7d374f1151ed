#include "kernels/block4.h"

#include <algorithm>
#include <cstring>

namespace edgy::kernels {

void fill_border(const Block4& layout, int8_t zero_point, int8_t* data) {
  const std::size_t row_bytes = layout.row_bytes();
  const int32_t left = layout.pad_left;
  const int32_t right_begin = left + layout.width;
  const int32_t columns = layout.phases * layout.phase_width();
  for (int32_t block = 0; block < layout.blocks(); ++block) {
    int8_t* image = data + layout.block_bytes() * block;
    for (int32_t y = 0; y < layout.padded_height(); ++y) {
      int8_t* row = image + row_bytes * y;
      const bool border = y < layout.pad_top || y >= layout.pad_top + layout.height;
      const bool last_block_partial = block + 1 == layout.blocks() && layout.channels % 4 != 0;
      if (border) {
        std::memset(row, zero_point, row_bytes);
        continue;
      }
      for (int32_t column = 0; column < columns; ++column) {
        const bool inside = column >= left && column < right_begin;
        if (inside && !last_block_partial) {
          column = right_begin - 1;  // nothing to fill before the right border
          continue;
        }
        const int32_t first = inside ? layout.channels % 4 : 0;
        int8_t* cell = row + std::ptrdiff_t{4} * ((column % layout.phases) * layout.phase_width() +
                                                  column / layout.phases);
        std::memset(cell + first, zero_point, 4 - first);
      }
    }
  }
  const std::size_t used = layout.block_bytes() * layout.blocks();
  std::memset(data + used, zero_point, layout.bytes() - used);
}

void to_block4(const Block4& layout, const int8_t* channels_last, int8_t* data) {
  for (int32_t y = 0; y < layout.height; ++y) {
    for (int32_t block = 0; block < layout.blocks(); ++block) {
      const int32_t first = 4 * block;
      const int32_t count = std::min(4, layout.channels - first);
      for (int32_t x = 0; x < layout.width; ++x) {
        const std::size_t pixel = static_cast<std::size_t>(y) * layout.width + x;
        std::memcpy(data + layout.offset(block, y, x),
                    channels_last + pixel * layout.channels + first, count);
      }
    }
  }
}

void from_block4(const Block4& layout, const int8_t* data, int8_t* channels_last) {
  for (int32_t y = 0; y < layout.height; ++y) {
    for (int32_t block = 0; block < layout.blocks(); ++block) {
      const int32_t first = 4 * block;
      const int32_t count = std::min(4, layout.channels - first);
      for (int32_t x = 0; x < layout.width; ++x) {
        const std::size_t pixel = static_cast<std::size_t>(y) * layout.width + x;
        std::memcpy(channels_last + pixel * layout.channels + first,
                    data + layout.offset(block, y, x), count);
      }
    }
  }
}

}  // namespace edgy::kernels
