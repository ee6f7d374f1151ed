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

// The output as strips of positions, in a row of strips for each row of positions.
class StripGrid {
 public:
  StripGrid(const ConvShape& shape, const Block4& input, const Block4& output,
            int32_t strip_vectors)
      : rows_(output.height), row_positions_(output.width), pitch_(output.width) {
    if (shape.stride_w == 1 && shape.stride_h == 1 && rows_ > 1) {
      // Input rows follow each other, borders included: all rows can be one long row whose
      // positions over the border are computed in vain. That pays where rows are short or have no
      // border.
      const int32_t all_rows = (rows_ - 1) * input.padded_width() + output.width;
      if (cost_of_row(all_rows, strip_vectors) <=
          rows_ * cost_of_row(output.width, strip_vectors)) {
        rows_ = 1;
        row_positions_ = all_rows;
        pitch_ = input.padded_width();
      }
    }
    vectors_ = divide_up(row_positions_, 4);
    row_strips_ = divide_up(vectors_, strip_vectors);
  }

  struct Place {
    int32_t row;
    int32_t first;
    int32_t end;
  };
  /// Strips are as even as can be, so that no narrow one is left at the end of a row.
  Place operator[](int32_t strip) const {
    const int32_t row = strip / row_strips_;
    const int32_t column = strip - row * row_strips_;
    const int32_t end = column + 1 == row_strips_ ? row_positions_ : edge(column + 1);
    return {row, edge(column), end};
  }
  int32_t strips() const { return rows_ * row_strips_; }
  int32_t pitch() const { return pitch_; }

 private:
  int32_t edge(int32_t column) const { return 4 * (vectors_ * column / row_strips_); }

  int32_t rows_;
  int32_t row_positions_;
  int32_t pitch_;
  int32_t vectors_;
  int32_t row_strips_;
};

// Into how many parts the channels of a strip are cut. Threads start at different times and other
// programs hold them up, so each should find several shares to take: at least four in all. As many
// parts as threads, or a multiple of it, make shares that can be dealt out evenly.
int32_t parts_of_strip(int32_t strips, int32_t threads) {
  constexpr int32_t kSharesEach = 4;
  return threads == 1 ? 1 : threads * divide_up(kSharesEach, strips);
}

}  // namespace

void run_strips(const ConvShape& shape, const Block4& input_layout, const int8_t* input,
                const StripKernel& kernel, const ConvQuantization& quantization,
                const ConvOutput& output, const Threads& threads) {
  const StripGrid grid(shape, input_layout, output.layout, kernel.strip_vectors);
  const OutputWriter writer(quantization, output, grid.pitch());
  const std::size_t row_bytes = input_layout.row_bytes() * shape.stride_h;
  const auto load = [&](int32_t number) -> Strip {
    const StripGrid::Place place = grid[number];
    const int8_t* strip_input = input + row_bytes * place.row + std::size_t{4} * place.first;
    std::size_t block_bytes = input_layout.block_bytes();
    if (kernel.copy != nullptr) {
      strip_input = kernel.copy->fill(strip_input, divide_up(place.end - place.first, 4));
      block_bytes = kernel.copy->block_bytes();
    }
    return {strip_input, block_bytes * kernel.blocks_per_group,
            grid.pitch() * place.row + place.first, place.end - place.first};
  };
  const int32_t parts = parts_of_strip(grid.strips(), threads.count);
  Shares shares(grid.strips() * parts);
  run_shared(threads, [&] {
    // The input of a strip stays in the first-level cache while output channels pass over it, and a
    // thread copies a strip once, as shares are taken in the order of strips.
    Strip strip = {};
    int32_t loaded = -1;
    for (int32_t share = shares.take(); share >= 0; share = shares.take()) {
      if (share / parts != loaded) {
        loaded = share / parts;
        strip = load(loaded);
      }
      kernel.run(strip, kernel.part(share % parts, parts), quantization, writer);
    }
  });
}

}  // namespace edgy::kernels
