// The few operations on large dense matrices that compression spends its time in. Matrices are
// column-major float32. Work is split over the machine's cores by columns of the result, so that
// results do not depend on how many there are; they may differ in the last bits between machines
// with and without AVX2.
#pragma once

#include <cstdint>

namespace edgy::converter {

/// One compiled form of the operations; `dense_algebra()` is the fastest that this machine runs.
struct DenseAlgebra {
  const char* name;

  /// c[m x n] = alpha * a[m x k] * b[k x n] + beta * c; a is read transposed, from a[k x m], with
  /// `transpose_a`.
  void (*multiply)(bool transpose_a, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
                   const float* b, float beta, float* c);
  /// h[k x k] += x * x^T for x[k x n]; only the lower triangle of h is written.
  void (*add_gram)(int64_t k, int64_t n, const float* x, float* h);
  /// Replaces the lower triangle of a[n x n], symmetric, by its Cholesky factor; the upper one is
  /// not touched. False if a is not positive definite.
  bool (*factorize)(int64_t n, float* a);
  /// Solves (L L^T) x = b in place for b[n x m], L as `factorize` leaves it.
  void (*solve)(int64_t n, int64_t m, const float* factor, float* b);
  /// Lowers w' h w - 2 w' g for each of the m columns of w[n x m], whose entries are integers times
  /// `step[column]`, by coordinate descent over -limit..limit: `sweeps` times, one integer after
  /// the other becomes the best one for what the others are. Entries where `stays` [n x m] is 0 are
  /// not touched. `gradient`: h w - g, updated.
  void (*descend)(int64_t n, int64_t m, const float* h, const uint8_t* stays, const float* step,
                  float limit, int sweeps, float* gradient, float* w);
};

const DenseAlgebra& dense_algebra();

}  // namespace edgy::converter
