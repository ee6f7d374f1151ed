#include "kernels/float/elementwise.h"
#include "kernels/float/vector_math.h"

namespace edgy::kernels {
namespace {

v128_t clamp4(v128_t x, float low, float high) {
  return wasm_f32x4_pmin(wasm_f32x4_pmax(x, wasm_f32x4_splat(low)), wasm_f32x4_splat(high));
}

/// x where it is positive or NaN, otherwise `negative`.
v128_t where_negative(v128_t x, v128_t negative) {
  return wasm_v128_bitselect(negative, x, wasm_f32x4_lt(x, wasm_f32x4_splat(0.0F)));
}

v128_t scale4(v128_t x, float factor) {
  return wasm_f32x4_mul(x, wasm_f32x4_splat(factor));
}
v128_t shift4(v128_t x, float term) {
  return wasm_f32x4_add(x, wasm_f32x4_splat(term));
}

}  // namespace

void unary(UnaryOp op, float alpha, float beta, std::span<const float> in, std::span<float> out) {
  const auto map = [&](auto function) { map4(in.data(), out.data(), in.size(), function); };
  const float infinity = __builtin_inff();
  switch (op) {
    case UnaryOp::kRelu:
      return map([=](v128_t x) { return clamp4(x, 0.0F, infinity); });
    case UnaryOp::kLeakyRelu:
      return map([=](v128_t x) { return where_negative(x, scale4(x, alpha)); });
    case UnaryOp::kClip:
      return map([=](v128_t x) { return clamp4(x, alpha, beta); });
    case UnaryOp::kSigmoid:
      return map([](v128_t x) { return sigmoid4(x); });
    case UnaryOp::kTanh:
      return map([](v128_t x) { return tanh4(x); });
    case UnaryOp::kErf:
      return map([](v128_t x) { return erf4(x); });
    case UnaryOp::kGelu:
      return map([](v128_t x) { return gelu4(x); });
    case UnaryOp::kExp:
      return map([](v128_t x) { return exp4(x); });
    case UnaryOp::kLog:
      return map([](v128_t x) { return log4(x); });
    case UnaryOp::kSqrt:
      return map([](v128_t x) { return wasm_f32x4_sqrt(x); });
    case UnaryOp::kNeg:
      return map([](v128_t x) { return wasm_f32x4_neg(x); });
    case UnaryOp::kAbs:
      return map([](v128_t x) { return wasm_f32x4_abs(x); });
    case UnaryOp::kHardSwish:
      return map([](v128_t x) {
        return wasm_f32x4_mul(x, clamp4(shift4(scale4(x, 1.0F / 6), 0.5F), 0.0F, 1.0F));
      });
    case UnaryOp::kHardSigmoid:
      return map([=](v128_t x) { return clamp4(shift4(scale4(x, alpha), beta), 0.0F, 1.0F); });
    case UnaryOp::kElu:
      return map(
          [=](v128_t x) { return where_negative(x, scale4(shift4(exp4(x), -1.0F), alpha)); });
    case UnaryOp::kReciprocal:
      return map([](v128_t x) { return wasm_f32x4_div(wasm_f32x4_splat(1.0F), x); });
    case UnaryOp::kFloor:
      return map([](v128_t x) { return wasm_f32x4_floor(x); });
    case UnaryOp::kCeil:
      return map([](v128_t x) { return wasm_f32x4_ceil(x); });
    case UnaryOp::kRound:
      return map([](v128_t x) { return wasm_f32x4_nearest(x); });
  }
}

}  // namespace edgy::kernels
