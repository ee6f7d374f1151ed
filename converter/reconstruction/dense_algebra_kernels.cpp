// Compiled twice: for any machine, and (EDGY_ALGEBRA_FOR_AVX2, with Eigen under another name so
// that no inline function of one form is taken for the other's) for x86-64 with AVX2 and FMA.
#include <Eigen/Cholesky>
#include <Eigen/Core>

#include "converter/parallel.h"
#include "converter/reconstruction/dense_algebra.h"

#ifdef EDGY_ALGEBRA_FOR_AVX2
#define EDGY_ALGEBRA kAvx2Algebra
#define EDGY_ALGEBRA_NAME "avx2"
#else
#define EDGY_ALGEBRA kPortableAlgebra
#define EDGY_ALGEBRA_NAME "portable"
#endif

namespace edgy::converter {
namespace {

using Matrix = Eigen::MatrixXf;
using ConstMap = Eigen::Map<const Matrix>;
using Map = Eigen::Map<Matrix>;

constexpr int64_t kPanel = 192;  ///< columns that one thread computes in one go

/// Calls f(first column, columns) for each panel of `n` columns.
template <typename F>
void for_each_panel(int64_t n, F f) {
  parallel_for((n + kPanel - 1) / kPanel, [&](int64_t panel) {
    const int64_t first = panel * kPanel;
    f(first, n - first < kPanel ? n - first : kPanel);
  });
}

void multiply(bool transpose_a, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
              const float* b, float beta, float* c) {
  for_each_panel(n, [&](int64_t first, int64_t columns) {
    const ConstMap right(b + first * k, k, columns);
    Map result(c + first * m, m, columns);
    if (beta == 0) {
      result.setZero();
    } else if (beta != 1) {
      result *= beta;
    }
    if (transpose_a) {
      result.noalias() += alpha * ConstMap(a, k, m).transpose() * right;
    } else {
      result.noalias() += alpha * ConstMap(a, m, k) * right;
    }
  });
}

void add_gram(int64_t k, int64_t n, const float* x, float* h) {
  const ConstMap data(x, k, n);
  for_each_panel(k, [&](int64_t first, int64_t columns) {
    Map(h, k, k).block(first, first, k - first, columns).noalias() +=
        data.bottomRows(k - first) * data.middleRows(first, columns).transpose();
  });
}

bool factorize(int64_t n, float* a) {
  // Right-looking by panels, the update of the rest split over threads.
  Map matrix(a, n, n);
  for (int64_t first = 0; first < n; first += kPanel) {
    const int64_t columns = n - first < kPanel ? n - first : kPanel;
    const int64_t rest = n - first - columns;
    Eigen::Ref<Matrix> square = matrix.block(first, first, columns, columns);
    Eigen::LLT<Eigen::Ref<Matrix>> corner(square);
    if (corner.info() != Eigen::Success)
      return false;
    if (rest == 0)
      break;
    auto below = matrix.block(first + columns, first, rest, columns);
    corner.matrixL().transpose().solveInPlace<Eigen::OnTheRight>(below);
    for_each_panel(rest, [&](int64_t start, int64_t width) {
      matrix.block(first + columns + start, first + columns + start, rest - start, width)
          .noalias() -= below.bottomRows(rest - start) * below.middleRows(start, width).transpose();
    });
  }
  return true;
}

void solve(int64_t n, int64_t m, const float* factor, float* b) {
  const ConstMap triangle(factor, n, n);
  for_each_panel(m, [&](int64_t first, int64_t columns) {
    Map right(b + first * n, n, columns);
    triangle.triangularView<Eigen::Lower>().solveInPlace(right);
    triangle.triangularView<Eigen::Lower>().transpose().solveInPlace(right);
  });
}

void descend(int64_t n, int64_t m, const float* h, const uint8_t* stays, const float* step,
             float limit, int sweeps, float* gradient, float* w) {
  const ConstMap moments(h, n, n);
  parallel_for(m, [&](int64_t column) {
    Eigen::Map<Eigen::VectorXf> slope(gradient + column * n, n);
    for (int sweep = 0; sweep < sweeps; ++sweep) {
      for (int64_t i = 0; i < n; ++i) {
        float& weight = w[column * n + i];
        const float power = moments(i, i);
        if (!stays[column * n + i] || power <= 0)
          continue;
        const float best = (weight - slope[i] / power) / step[column];
        const float rounded = __builtin_nearbyintf(best < -limit  ? -limit
                                                   : best > limit ? limit
                                                                  : best);
        const float change = rounded * step[column] - weight;
        if (change == 0)
          continue;
        weight += change;
        slope.noalias() += change * moments.col(i);
      }
    }
  });
}

}  // namespace

extern const DenseAlgebra EDGY_ALGEBRA;
const DenseAlgebra EDGY_ALGEBRA = {EDGY_ALGEBRA_NAME, multiply, add_gram,
                                   factorize,         solve,    descend};

}  // namespace edgy::converter
