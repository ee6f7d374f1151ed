#include "kernels/block4.h"

#include <algorithm>
#include <cstring>

namespace edgy::kernels {

namespace {

// Writes the bytes of `cells` cells of four that `keep` does not name.
void fill_cells(int8_t* data, int64_t cells, uint32_t fill, uint32_t keep) {
  for (int8_t* end = data + 4 * cells; data != end; data += 4) {
    uint32_t cell = 0;
    std::memcpy(&cell, data, sizeof(cell));
    cell = (cell & keep) | (fill & ~keep);
    std::memcpy(data, &cell, sizeof(cell));
  }
}

}  // namespace

void fill_border(const Block4& layout, int8_t zero_point, int8_t* data) {
  const uint32_t fill = 0x01010101U * static_cast<uint8_t>(zero_point);
  const int64_t width = layout.phase_width();
  const int64_t top = layout.pad_top;
  for (int64_t phase = 0; phase < layout.phases; ++phase) {
    // Its positions of the image are `begin` to `end`, counted in the phase.
    const auto in_phase = [&](int64_t column) {
      return divide_up(std::max<int64_t>(column - phase, 0), layout.phases);
    };
    const int64_t begin = in_phase(layout.pad_left);
    const int64_t end = in_phase(layout.pad_left + layout.width);
    for (int64_t block = 0; block < layout.blocks(); ++block) {
      int8_t* row = data + layout.block_bytes() * block + 4 * width * phase;
      const int64_t channels = layout.channels - 4 * block;
      for (int64_t y = 0; y < layout.padded_height(); ++y, row += layout.row_bytes()) {
        if (y < top || y >= top + layout.height) {
          fill_cells(row, width, fill, 0);
          continue;
        }
        fill_cells(row, begin, fill, 0);
        fill_cells(row + 4 * end, width - end, fill, 0);
        if (channels < 4) {
          fill_cells(row + 4 * begin, end - begin, fill, (1U << (8 * channels)) - 1);
        }
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
