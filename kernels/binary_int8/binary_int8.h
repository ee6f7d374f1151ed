// Binary operations on int8 tensors, each with a quantization of its own.
#pragma once

#include <cstdint>
#include <optional>

#include "kernels/float/elementwise.h"
#include "kernels/quantize/quantize.h"

namespace edgy::kernels {

/// An operand in rows.
struct BinaryOperand {
  const void* data = nullptr;
  Extents shape;
  std::optional<QuantizeParameters> quantization;  ///< of int8 values; nothing: float32
};

/// The result in rows; its shape is broadcast_shape's of the operands.
struct BinaryResult {
  void* data = nullptr;
  Extents shape;
  std::optional<QuantizeParameters> quantization;
};

/// out = quantize(a op b) with numpy broadcasting, where an int8 operand stands for scale * (q -
/// zero_point): the same bytes as `dequantize`, `binary` and `quantize_rows` one after the other,
/// without their tensors in memory. `out.data` may be that of an int8 operand of the same shape.
void binary_int8(BinaryOp op, const BinaryOperand& a, const BinaryOperand& b,
                 const BinaryResult& out);

}  // namespace edgy::kernels
