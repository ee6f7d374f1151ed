// Operations on single float32 elements. Error bounds of the transcendental ones: see
// vector_math.h.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/float/shape.h"

namespace edgy::kernels {

/// kRelu, kLeakyRelu, ...: the operations of unary.inc.
enum class UnaryOp : uint8_t {
#define EDGY_UNARY(name, ...) k##name,
#include "kernels/float/unary.inc"
};

/// LeakyRelu and Elu: slope alpha; Clip: alpha..beta; HardSigmoid: clamp(alpha * x + beta, 0, 1).
/// Round is half to even. `out` may be `in`. Same size.
void unary(UnaryOp op, float alpha, float beta, std::span<const float> in, std::span<float> out);

/// kAdd, kSub, ...: the operations of binary.inc.
enum class BinaryOp : uint8_t {
#define EDGY_BINARY(name, ...) k##name,
#include "kernels/float/binary.inc"
};

/// Extents of numpy broadcasting of a and b into `out` (max of both ranks); false if they do not
/// fit together.
bool broadcast_shape(Extents a, Extents b, std::span<int64_t> out);

/// out = a op b with numpy broadcasting; `out_shape` is broadcast_shape's. Max and Min give NaN if
/// either is. Pow within 1 ULP: integer exponents of any base, others of non-negative bases (else
/// NaN).
void binary(BinaryOp op, std::span<const float> a, Extents a_shape, std::span<const float> b,
            Extents b_shape, std::span<float> out, Extents out_shape);

}  // namespace edgy::kernels
