#include "kernels/conv_int8/strips.h"

#include <algorithm>
#include <cstddef>

#include "kernels/conv_int8/strip_copy.h"

namespace edgy::kernels {
namespace {

constexpr int32_t divide_up(int32_t value, int32_t divisor) {
  return (value + divisor - 1) / divisor;
}

// Vectors, plus what a strip costs by itself (about a vector's work).
int32_t cost_of_row(int32_t positions, int32_t strip_vectors) {
  const int32_t vectors = divide_up(positions, 4);
  return vectors + divide_up(vectors, strip_vectors);
}

}  // namespace

void run_strips(const ConvShape& shape, const Block4& input_layout, const int8_t* input,
                const StripKernel& kernel, const ConvQuantization& quantization,
                const ConvOutput& output) {
  const int32_t width = output.layout.width;
  int32_t rows = output.layout.height;
  int32_t row_positions = width;
  int32_t pitch = width;
  if (shape.stride_w == 1 && shape.stride_h == 1 && rows > 1) {
    // Input rows follow each other, borders included: all rows can be one long row whose positions
    // over the border are computed in vain. That pays where rows are short or have no border.
    const int32_t all_rows = (rows - 1) * input_layout.padded_width() + width;
    if (cost_of_row(all_rows, kernel.strip_vectors) <=
        rows * cost_of_row(width, kernel.strip_vectors)) {
      rows = 1;
      row_positions = all_rows;
      pitch = input_layout.padded_width();
    }
  }

  const OutputWriter writer(quantization, output, pitch);
  const std::size_t row_bytes = input_layout.row_bytes() * shape.stride_h;
  const int32_t vectors = divide_up(row_positions, 4);
  const int32_t strips = divide_up(vectors, kernel.strip_vectors);
  for (int32_t row = 0; row < rows; ++row) {
    int32_t first = 0;
    for (int32_t strip = 0; strip < strips; ++strip) {
      // Strips as even as can be, so that no narrow one is left at the end. The input of a strip
      // stays in the first-level cache while all output channels pass over it.
      const int32_t end =
          strip + 1 == strips ? row_positions : 4 * (vectors * (strip + 1) / strips);
      const int8_t* strip_input = input + row_bytes * row + std::size_t{4} * first;
      std::size_t block_bytes = input_layout.block_bytes();
      if (kernel.copy != nullptr) {
        strip_input = kernel.copy->fill(strip_input, divide_up(end - first, 4));
        block_bytes = kernel.copy->block_bytes();
      }
      const Strip here = {strip_input, block_bytes * kernel.blocks_per_group, pitch * row + first,
                          end - first};
      kernel.run(here, quantization, writer);
      first = end;
    }
  }
}

}  // namespace edgy::kernels
