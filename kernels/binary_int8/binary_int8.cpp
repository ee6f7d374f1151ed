#include "kernels/binary_int8/binary_int8.h"

#include <algorithm>

#include "kernels/float/binary_rows.h"

namespace edgy::kernels {
namespace {

/// Values that are float32 at a time: the three rows stay in the first-level cache.
constexpr int64_t kStrip = 256;

struct Strip {
  alignas(16) float values[kStrip];
};

/// `count` values of an operand from element `first` on, in `strip` unless they are floats already.
Row read(const BinaryOperand& operand, int64_t first, int64_t step, int64_t count, Strip& strip) {
  if (!operand.quantization) {
    return {static_cast<const float*>(operand.data) + first, step};
  }
  const QuantizeParameters& q = *operand.quantization;
  dequantize(static_cast<const int8_t*>(operand.data) + first, to_size(step == 0 ? 1 : count),
             q.scale, q.zero_point, strip.values);
  return {strip.values, step};
}

}  // namespace

void binary_int8(BinaryOp op, const BinaryOperand& a, const BinaryOperand& b,
                 const BinaryResult& out) {
  const RowFunction function = row_function(op);
  Strip strips[3];
  for_each_row(a.shape, b.shape, out.shape, [&](const BroadcastRow& row) {
    for (int64_t i = 0; i < row.count; i += kStrip) {
      const int64_t count = std::min(kStrip, row.count - i);
      const Row first = read(a, row.a + i * row.a_step, row.a_step, count, strips[0]);
      const Row second = read(b, row.b + i * row.b_step, row.b_step, count, strips[1]);
      if (out.quantization) {
        function(first, second, count, strips[2].values);
        quantize_rows(strips[2].values, to_size(count), *out.quantization,
                      static_cast<int8_t*>(out.data) + row.out + i);
      } else {
        function(first, second, count, static_cast<float*>(out.data) + row.out + i);
      }
    }
  });
}

}  // namespace edgy::kernels
