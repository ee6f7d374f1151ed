// Products of two int8 activations, by the dense kernels of convolutions: the second operand is
// packed as their weights are.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/isa.h"
#include "kernels/quantize/quantize.h"

namespace edgy::kernels {

/// a [m][k] times b [k][n], row major; with transpose_a `a` is [k][m], with transpose_b `b` is
/// [n][k].
struct MatmulShape {
  int64_t m = 0;
  int64_t k = 0;
  int64_t n = 0;
  bool transpose_a = false;
  bool transpose_b = false;
};

/// What its numbers stand for.
struct MatmulQuantization {
  int32_t a_zero_point = 0;  ///< 0 to 127, as all values of `a`
  int32_t b_zero_point = 0;  ///< the same of `b`
  float scale = 1;           ///< scale_a * scale_b, for int8 results / scale_y
  /// Zero point and range of int8 results; with `is_float` there are none.
  QuantizeParameters result;
  bool is_float = false;
};

/// Products of one shape.
class MatmulInt8 {
 public:
  /// No sum of more products than this can leave 32 bits.
  static constexpr int64_t kMostProducts = int64_t{1} << 16;

  /// k is at most kMostProducts.
  MatmulInt8(const MatmulShape& shape, const MatmulQuantization& quantization, Isa isa);

  /// What `run` wants, aligned to 16 bytes.
  int64_t scratch_bytes() const;
  /// y = clamp(round_half_even(float(sum) * scale) + zero_point, qmin, qmax), or float(sum) *
  /// scale, where sum is that of (a - a_zero_point) * (b - b_zero_point). `out` is [m][n].
  /// Allocates nothing.
  void run(const int8_t* a, const int8_t* b, void* out, uint8_t* scratch) const;

 private:
  int64_t steps() const;

  MatmulShape shape_;
  MatmulQuantization quantization_;
  Isa isa_;
  std::vector<int32_t> offsets_;
  std::vector<float> scale_;
};

}  // namespace edgy::kernels
