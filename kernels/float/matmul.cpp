#include "kernels/float/matmul.h"

#include "kernels/simd.h"

namespace edgy::kernels {
namespace {

/// Element (row, column) of an operand is at row * row_step + column * column_step.
struct Steps {
  std::size_t row;
  std::size_t column;
};

/// One result by the definition: for the edges of the tiling and for transposed b.
float dot(const float* a, std::size_t a_step, const float* b, std::size_t b_step, std::size_t k) {
  float sum = 0;
  for (std::size_t i = 0; i < k; ++i) {
    sum += a[i * a_step] * b[i * b_step];
  }
  return sum;
}

/// `Rows` by `Vectors` times four columns, all in registers.
template <std::size_t Rows, std::size_t Vectors>
void tile(const float* a, Steps as, const float* b, std::size_t k, std::size_t n, float* out) {
  v128_t sum[Rows][Vectors];
  for (auto& row : sum) {
    for (v128_t& s : row) {
      s = wasm_f32x4_splat(0.0F);
    }
  }
  for (std::size_t i = 0; i < k; ++i) {
    v128_t columns[Vectors];
    for (std::size_t v = 0; v < Vectors; ++v) {
      columns[v] = wasm_v128_load(b + i * n + 4 * v);
    }
    for (std::size_t r = 0; r < Rows; ++r) {
      const v128_t x = wasm_v128_load32_splat(a + r * as.row + i * as.column);
      for (std::size_t v = 0; v < Vectors; ++v) {
        sum[r][v] = wasm_f32x4_add(sum[r][v], wasm_f32x4_mul(x, columns[v]));
      }
    }
  }
  for (std::size_t r = 0; r < Rows; ++r) {
    for (std::size_t v = 0; v < Vectors; ++v) {
      wasm_v128_store(out + r * n + 4 * v, sum[r][v]);
    }
  }
}

/// All rows of `Vectors` times four columns. Eight sums at a time hide the latency of an addition.
template <std::size_t Vectors>
void strip(const float* a, Steps as, const float* b, std::size_t m, std::size_t k, std::size_t n,
           float* out) {
  std::size_t row = 0;
  for (; row + 4 <= m; row += 4) {
    tile<4, Vectors>(a + row * as.row, as, b, k, n, out + row * n);
  }
  for (; row < m; ++row) {
    tile<1, Vectors>(a + row * as.row, as, b, k, n, out + row * n);
  }
}

}  // namespace

void matmul(std::span<const float> a, std::span<const float> b, std::size_t m, std::size_t k,
            std::size_t n, bool transpose_a, bool transpose_b, std::span<float> out) {
  const Steps as = transpose_a ? Steps{1, m} : Steps{k, 1};
  const Steps bs = transpose_b ? Steps{1, k} : Steps{n, 1};
  std::size_t column = 0;
  for (; !transpose_b && column + 8 <= n; column += 8) {
    strip<2>(a.data(), as, b.data() + column, m, k, n, out.data() + column);
  }
  for (; !transpose_b && column + 4 <= n; column += 4) {
    strip<1>(a.data(), as, b.data() + column, m, k, n, out.data() + column);
  }
  for (; column < n; ++column) {
    for (std::size_t row = 0; row < m; ++row) {
      out[row * n + column] =
          dot(a.data() + row * as.row, as.column, b.data() + column * bs.column, bs.row, k);
    }
  }
}

}  // namespace edgy::kernels
