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

/// Rows of b that are read in one go when b is transposed.
constexpr std::size_t kDepth = 256;

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

/// `Rows` by `Vectors` times four columns, all in registers. Rows of b are `b_step` apart.
template <std::size_t Rows, std::size_t Vectors>
void tile(const float* a, Steps as, const float* b, std::size_t b_step, std::size_t k,
          const Results& out) {
  v128_t sum[Rows][Vectors];
  for (std::size_t r = 0; r < Rows; ++r) {
    for (std::size_t v = 0; v < Vectors; ++v) {
      sum[r][v] =
          out.continued ? wasm_v128_load(out.data + r * out.step + 4 * v) : wasm_f32x4_splat(0.0F);
    }
  }
  for (std::size_t i = 0; i < k; ++i) {
    v128_t columns[Vectors];
    for (std::size_t v = 0; v < Vectors; ++v) {
      columns[v] = wasm_v128_load(b + i * b_step + 4 * v);
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
      wasm_v128_store(out.data + r * out.step + 4 * v, sum[r][v]);
    }
  }
}

/// All `m` rows of `Vectors` times four columns. Eight sums at a time hide the latency of an
/// addition.
template <std::size_t Vectors>
__attribute__((noinline)) void strip(const float* a, Steps as, const float* b, std::size_t b_step,
                                     std::size_t m, std::size_t k, Results out) {
  std::size_t row = 0;
  for (; row + 4 <= m; row += 4, out.data += 4 * out.step) {
    tile<4, Vectors>(a + row * as.row, as, b, b_step, k, out);
  }
  for (; row < m; ++row, out.data += out.step) {
    tile<1, Vectors>(a + row * as.row, as, b, b_step, k, out);
  }
}

/// The same where b is transposed: a strip of it is turned over first, some rows at a time.
template <std::size_t Vectors>
void transposed_strip(const float* a, Steps as, const float* b, std::size_t m, std::size_t k,
                      Results out) {
  constexpr std::size_t kColumns = 4 * Vectors;
  alignas(16) float turned[kDepth * kColumns];
  std::size_t begin = 0;
  do {
    const std::size_t depth = std::min(kDepth, k - begin);
    for (std::size_t column = 0; column < kColumns; ++column) {
      for (std::size_t i = 0; i < depth; ++i) {
        turned[i * kColumns + column] = b[column * k + begin + i];
      }
    }
    strip<Vectors>(a + begin * as.column, as, turned, kColumns, m, depth, out);
    out.continued = true;
    begin += depth;
  } while (begin < k);
}

}  // namespace

void matmul(std::span<const float> a, std::span<const float> b, std::size_t m, std::size_t k,
            std::size_t n, bool transpose_a, bool transpose_b, std::span<float> out) {
  const Steps as = transpose_a ? Steps{1, m} : Steps{k, 1};
  const Steps bs = transpose_b ? Steps{1, k} : Steps{n, 1};
  std::size_t column = 0;
  const auto run = [&]<std::size_t Vectors>() {
    for (; column + 4 * Vectors <= n; column += 4 * Vectors) {
      const Results results = {out.data() + column, n, false};
      const float* columns = b.data() + column * bs.column;
      if (transpose_b) {
        transposed_strip<Vectors>(a.data(), as, columns, m, k, results);
      } else {
        strip<Vectors>(a.data(), as, columns, n, m, k, results);
      }
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
