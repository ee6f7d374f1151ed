#include "kernels/block4.h"

#include <algorithm>
#include <cstring>

namespace edgy::kernels {

void fill_border(const Block4& layout, int8_t zero_point, int8_t* data) {
  const int64_t row_bytes = layout.row_bytes();
  const int64_t left = layout.pad_left;
  const int64_t right_begin = left + layout.width;
  const int64_t columns = layout.phases * layout.phase_width();
  for (int64_t block = 0; block < layout.blocks(); ++block) {
    int8_t* image = data + layout.block_bytes() * block;
    for (int64_t y = 0; y < layout.padded_height(); ++y) {
      int8_t* row = image + row_bytes * y;
      const bool border = y < layout.pad_top || y >= layout.pad_top + layout.height;
      const bool last_block_partial = block + 1 == layout.blocks() && layout.channels % 4 != 0;
      if (border) {
        std::memset(row, zero_point, to_size(row_bytes));
        continue;
      }
      for (int64_t column = 0; column < columns; ++column) {
        const bool inside = column >= left && column < right_begin;
        if (inside && !last_block_partial) {
          column = right_begin - 1;  // nothing to fill before the right border
          continue;
        }
        const int64_t first = inside ? layout.channels % 4 : 0;
        std::memset(row + layout.column_offset(column) + first, zero_point, to_size(4 - first));
      }
    }
  }
  const int64_t used = layout.block_bytes() * layout.blocks();
  std::memset(data + used, zero_point, to_size(layout.bytes() - used));
}

namespace {

// visit(byte offset in Block4, in channels-last, channels) for the channels of a block at each
// position, row by row.
template <typename Visit>
void for_each_cell(const Block4& layout, const Visit& visit) {
  for (int64_t y = 0; y < layout.height; ++y) {
    for (int64_t block = 0; block < layout.blocks(); ++block) {
      const int64_t first = 4 * block;
      const std::size_t count = to_size(std::min<int64_t>(4, layout.channels - first));
      int64_t pixel = y * layout.width * layout.channels + first;
      for (int64_t x = 0; x < layout.width; ++x, pixel += layout.channels) {
        visit(layout.offset(block, y, x), pixel, count);
      }
    }
  }
}

}  // namespace

void to_block4(const Block4& layout, const int8_t* channels_last, int8_t* data) {
  for_each_cell(layout, [=](int64_t cell, int64_t pixel, std::size_t count) {
    std::memcpy(data + cell, channels_last + pixel, count);
  });
}

void from_block4(const Block4& layout, const int8_t* data, int8_t* channels_last) {
  for_each_cell(layout, [=](int64_t cell, int64_t pixel, std::size_t count) {
    std::memcpy(channels_last + pixel, data + cell, count);
  });
}

}  // namespace edgy::kernels
