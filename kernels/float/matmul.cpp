#include "kernels/float/matmul.h"

#include <algorithm>

#include "kernels/simd.h"

namespace edgy::kernels {
namespace {

/// Element (row, column) of an operand is at row * row_step + column * column_step.
struct Steps {
  std::size_t row;
  std::size_t column;
};

/// Products of a result that are added in one go: as long as operands that have to be turned over.
constexpr std::size_t kDepth = 256;
constexpr std::size_t kRows = 4;

/// One result by the definition: for the edges of the tiling.
float dot(const float* a, std::size_t a_step, const float* b, std::size_t b_step, std::size_t k) {
  float sum = 0;
  for (std::size_t i = 0; i < k; ++i) {
    sum += a[i * a_step] * b[i * b_step];
  }
  return sum;
}

/// Where results go: row r at `data` + r * `step`. They are sums already if `continued`.
struct Results {
  float* data;
  std::size_t step;
  bool continued;
};

/// Part of an operand.
struct Part {
  const float* data;
  std::size_t step;  ///< from row to row; what lies in a row follows on each other
};

/// `Rows` by `Vectors` times four columns, all in registers: `depth` products of each.
template <std::size_t Rows, std::size_t Vectors>
void tile(Part a, Part b, std::size_t depth, const Results& out) {
  v128_t sum[Rows][Vectors];
  for (std::size_t r = 0; r < Rows; ++r) {
    for (std::size_t v = 0; v < Vectors; ++v) {
      sum[r][v] =
          out.continued ? wasm_v128_load(out.data + r * out.step + 4 * v) : wasm_f32x4_splat(0.0F);
    }
  }
  const auto add = [&](std::size_t i) __attribute__((always_inline)) {
    v128_t columns[Vectors];
    for (std::size_t v = 0; v < Vectors; ++v) {
      columns[v] = wasm_v128_load(b.data + i * b.step + 4 * v);
    }
    for (std::size_t r = 0; r < Rows; ++r) {
      const v128_t x = wasm_v128_load32_splat(a.data + r * a.step + i);
      for (std::size_t v = 0; v < Vectors; ++v) {
        sum[r][v] = wasm_f32x4_add(sum[r][v], wasm_f32x4_mul(x, columns[v]));
      }
    }
  };
  std::size_t i = 0;
  for (; i + 2 <= depth; i += 2) {  // two share the steps of pointers
    add(i);
    add(i + 1);
  }
  if (i < depth) {
    add(i);
  }
  for (std::size_t r = 0; r < Rows; ++r) {
    for (std::size_t v = 0; v < Vectors; ++v) {
      wasm_v128_store(out.data + r * out.step + 4 * v, sum[r][v]);
    }
  }
}

/// to[j][i] = from[i][j]: `rows` by `columns` of `from`.
__attribute__((noinline)) void turn(Part from, std::size_t rows, std::size_t columns, float* to,
                                    std::size_t to_step) {
  std::size_t row = 0;
  for (; row + 4 <= rows; row += 4) {
    const float* x = from.data + row * from.step;
    std::size_t column = 0;
    for (; column + 4 <= columns; column += 4) {
      const v128_t a = wasm_v128_load(x + column);
      const v128_t b = wasm_v128_load(x + from.step + column);
      const v128_t c = wasm_v128_load(x + 2 * from.step + column);
      const v128_t d = wasm_v128_load(x + 3 * from.step + column);
      const v128_t ab_low = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5);
      const v128_t ab_high = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7);
      const v128_t cd_low = wasm_i32x4_shuffle(c, d, 0, 4, 1, 5);
      const v128_t cd_high = wasm_i32x4_shuffle(c, d, 2, 6, 3, 7);
      float* y = to + column * to_step + row;
      wasm_v128_store(y, wasm_i64x2_shuffle(ab_low, cd_low, 0, 2));
      wasm_v128_store(y + to_step, wasm_i64x2_shuffle(ab_low, cd_low, 1, 3));
      wasm_v128_store(y + 2 * to_step, wasm_i64x2_shuffle(ab_high, cd_high, 0, 2));
      wasm_v128_store(y + 3 * to_step, wasm_i64x2_shuffle(ab_high, cd_high, 1, 3));
    }
    for (; column < columns; ++column) {
      for (std::size_t i = 0; i < 4; ++i) {
        to[column * to_step + row + i] = x[i * from.step + column];
      }
    }
  }
  for (; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      to[column * to_step + row] = from.data[row * from.step + column];
    }
  }
}

/// Rows of a, from `begin` of the inner dimension on, as they lie or turned over into `memory`.
Part rows_of(const float* a, Steps as, std::size_t row, std::size_t rows, std::size_t begin,
             std::size_t depth, float* memory) {
  const float* from = a + row * as.row + begin * as.column;
  if (as.column == 1) {
    return {from, as.row};
  }
  turn({from, as.column}, depth, rows, memory, kDepth);
  return {memory, kDepth};
}

/// All `m` rows of `Vectors` times four columns from `b` on. Eight sums at a time hide the latency
/// of an addition.
template <std::size_t Vectors>
__attribute__((noinline)) void strip(const float* a, Steps as, const float* b, Steps bs,
                                     std::size_t m, std::size_t k, Results out) {
  constexpr std::size_t kColumns = 4 * Vectors;
  alignas(16) float turned_b[kDepth * kColumns];
  alignas(16) float turned_a[kRows * kDepth];
  for (std::size_t begin = 0; begin == 0 || begin < k; begin += kDepth) {
    const std::size_t depth = std::min(kDepth, k - begin);
    Part columns = {b + begin * bs.row, bs.row};
    if (bs.column != 1) {
      turn({b + begin, bs.column}, kColumns, depth, turned_b, kColumns);
      columns = {turned_b, kColumns};
    }
    Results rows = out;
    rows.continued = begin != 0;
    std::size_t row = 0;
    for (; row + kRows <= m; row += kRows, rows.data += kRows * rows.step) {
      const Part part = rows_of(a, as, row, kRows, begin, depth, turned_a);
      tile<kRows, Vectors>(part, columns, depth, rows);
    }
    for (; row < m; ++row, rows.data += rows.step) {
      tile<1, Vectors>(rows_of(a, as, row, 1, begin, depth, turned_a), columns, depth, rows);
    }
  }
}

}  // namespace

void matmul(std::span<const float> a, std::span<const float> b, std::size_t m, std::size_t k,
            std::size_t n, bool transpose_a, bool transpose_b, std::span<float> out) {
  if (k == 0) {  // empty sums, of operands that may lie nowhere
    std::ranges::fill(out.first(m * n), 0.0F);
    return;
  }
  const Steps as = transpose_a ? Steps{1, m} : Steps{k, 1};
  const Steps bs = transpose_b ? Steps{1, k} : Steps{n, 1};
  std::size_t column = 0;
  const auto run = [&]<std::size_t Vectors>() {
    for (; column + 4 * Vectors <= n; column += 4 * Vectors) {
      strip<Vectors>(a.data(), as, b.data() + column * bs.column, bs, m, k,
                     {out.data() + column, n, false});
    }
  };
  run.template operator()<2>();
  run.template operator()<1>();
  for (; column < n; ++column) {
    for (std::size_t row = 0; row < m; ++row) {
      out[row * n + column] =
          dot(a.data() + row * as.row, as.column, b.data() + column * bs.column, bs.row, k);
    }
  }
}

}  // namespace edgy::kernels
