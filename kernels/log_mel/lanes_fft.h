// Four complex Fourier transforms at once, one in each SIMD lane (kissfft compiled for vectors).
#pragma once

#include <cstddef>
#include <memory>

namespace edgy::kernels {

/// Forward transform of `points` complex values in each of four lanes; arrays are [points][re,
/// im][4] floats, 16-byte aligned. Twiddles are computed in double precision and rounded. Read-only
/// once made.
class LanesFft {
 public:
  /// `points` is a power of two.
  explicit LanesFft(std::size_t points);
  /// `in` and `out` must not overlap.
  void forward(const float* in, float* out) const;

 private:
  struct Free {
    void operator()(void* state) const;
  };
  std::unique_ptr<void, Free> state_;
};

}  // namespace edgy::kernels
