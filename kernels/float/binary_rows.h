// Binary operations row by row, for whoever has rows of their own to give.
#pragma once

#include <cstdint>

#include "kernels/float/elementwise.h"

namespace edgy::kernels {

/// One row of an operand: `count` values, or one for all of them.
struct Row {
  const float* data;
  int64_t step;  ///< 1 or 0
};

/// out[i] = a[i] op b[i] for `count` values, as `binary` computes them. `out` may be the data of a
/// row of step 1.
using RowFunction = void (*)(Row a, Row b, int64_t count, float* out);
RowFunction row_function(BinaryOp op);

/// Where a row of the result and what it is made of lie, in elements.
struct BroadcastRow {
  int64_t a = 0;
  int64_t b = 0;
  int64_t out = 0;
  int64_t a_step = 1;  ///< 1, or 0: one value for the whole row
  int64_t b_step = 1;
  int64_t count = 0;
};

/// Calls visit(BroadcastRow) for every row of numpy broadcasting, in the order of the result. `out`
/// is broadcast_shape's of `a` and `b`; operands of its very size are one row.
template <typename Visit>
void for_each_row(Extents a, Extents b, Extents out, Visit visit) {
  const int64_t count = element_count(out);
  if (count == 0) {
    return;
  }
  const int64_t a_count = element_count(a);
  if (a_count == count && element_count(b) == count) {
    visit(BroadcastRow{0, 0, 0, 1, 1, count});
    return;
  }
  const std::size_t rank = out.size();
  const auto aligned = [rank](Extents shape) {
    const Strides own = row_major_strides(shape);
    Strides strides{};
    for (std::size_t i = 0; i < shape.size(); ++i) {
      strides[rank - shape.size() + i] = shape[i] == 1 ? 0 : own[i];
    }
    return strides;
  };
  const Strides a_strides = aligned(a);
  const Strides b_strides = aligned(b);
  BroadcastRow row;
  row.count = rank == 0 ? 1 : out[rank - 1];
  row.a_step = rank == 0 ? 0 : a_strides[rank - 1];
  row.b_step = rank == 0 ? 0 : b_strides[rank - 1];
  // Both operands' offsets travel in one number: the second in units of a stride that the first
  // cannot reach.
  const int64_t base = a_count + 1;
  Strides both{};
  for (std::size_t i = 0; i + 1 < rank; ++i) {
    both[i] = a_strides[i] + base * b_strides[i];
  }
  for_each_offset(out.first(rank == 0 ? 0 : rank - 1), both, [&](int64_t offset) {
    row.a = offset % base;
    row.b = offset / base;
    visit(row);
    row.out += row.count;
  });
}

}  // namespace edgy::kernels
