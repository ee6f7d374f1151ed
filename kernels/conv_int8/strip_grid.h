// How the output of a convolution is cut into strips of positions.
#pragma once

#include <cstdint>

#include "kernels/conv_int8/conv_int8.h"
#include "kernels/sizes.h"

namespace edgy::kernels {

/// The output as strips of positions, in a row of strips for each row of positions.
class StripGrid {
 public:
  /// Of strips of up to `strip_vectors` vectors of four positions. Of the layouts, sizes and
  /// borders count.
  StripGrid(const ConvShape& shape, const Block4& input, const Block4& output,
            int64_t strip_vectors)
      : rows_(output.height), row_positions_(output.width), pitch_(output.width) {
    if (shape.stride_w == 1 && shape.stride_h == 1 && rows_ > 1) {
      // Input rows follow each other, borders included: all rows can be one long row whose
      // positions over the border are computed in vain. That pays where rows are short or have no
      // border.
      const int64_t all_rows = (rows_ - 1) * input.padded_width() + output.width;
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

  /// Positions `first` to `end` (left out) of a row.
  struct Place {
    int64_t row;
    int64_t first;
    int64_t end;
  };
  /// Strips are as even as can be, so that no narrow one is left at the end of a row.
  Place operator[](int64_t strip) const {
    const int64_t row = strip / row_strips_;
    const int64_t column = strip - row * row_strips_;
    const int64_t end = column + 1 == row_strips_ ? row_positions_ : edge(column + 1);
    return {row, edge(column), end};
  }
  int64_t strips() const { return rows_ * row_strips_; }
  /// Positions from the first of a row to that of the next, as OutputWriter counts.
  int64_t pitch() const { return pitch_; }

 private:
  // Vectors, plus what a strip costs by itself (about a vector's work).
  static int64_t cost_of_row(int64_t positions, int64_t strip_vectors) {
    const int64_t vectors = divide_up(positions, 4);
    return vectors + divide_up(vectors, strip_vectors);
  }
  int64_t edge(int64_t column) const { return 4 * (vectors_ * column / row_strips_); }

  int64_t rows_;
  int64_t row_positions_;
  int64_t pitch_;
  int64_t vectors_;
  int64_t row_strips_;
};

}  // namespace edgy::kernels
