#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "kernels/float/binary_rows.h"
#include "kernels/simd.h"

namespace edgy::kernels {
namespace {

/// ln x of a positive, finite double, by 2 atanh((m - 1) / (m + 1)) with m in [sqrt(1/2), sqrt(2)).
double log_double(double x) {
  const auto bits = std::bit_cast<uint64_t>(x);
  int64_t exponent = static_cast<int64_t>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000fffffffffffffU) | 0x3ff0000000000000U);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++exponent;
  }
  const double s = (m - 1) / (m + 1);
  const double q = s * s;
  double series = 0;
  for (int k = 25; k >= 1; k -= 2) {
    series = series * q + 2.0 / k;
  }
  return static_cast<double>(exponent) * 0.69314718055994531 + s * series;
}

double exp_double(double x) {
  x = std::clamp(x, -700.0, 700.0);
  const double n = std::nearbyint(x * 1.4426950408889634);
  const double r = x - n * 0.69314718055994531;
  double sum = 1;
  for (int k = 14; k >= 1; --k) {
    sum = 1 + sum * r / k;
  }
  return sum * std::bit_cast<double>(static_cast<uint64_t>(static_cast<int64_t>(n) + 1023) << 52);
}

/// In double and rounded once, from basic operations only: the same bits everywhere.
__attribute__((noinline)) float power(float base, float exponent) {
  const double y = exponent;
  if (y == 0 || base == 1) {
    return 1;
  }
  const bool integral = std::abs(y) < 9007199254740992.0 && y == std::floor(y);
  if (integral && std::abs(y) <= 64) {
    double result = 1;
    double square = base;
    for (auto n = static_cast<uint32_t>(std::abs(y)); n != 0; n >>= 1) {
      result = (n & 1) != 0 ? result * square : result;
      square *= square;
    }
    return static_cast<float>(y < 0 ? 1 / result : result);
  }
  const float magnitude = std::abs(base);
  const bool odd = integral && std::fmod(y, 2) != 0;
  const float infinity = __builtin_inff();
  if (std::isnan(base) || std::isnan(exponent)) {
    return __builtin_nanf("");
  }
  float result = 0;
  if (std::isinf(exponent)) {
    result = magnitude == 1 ? 1.0F : (magnitude > 1) == (exponent > 0) ? infinity : 0.0F;
    return result;
  }
  if (magnitude == 0 || std::isinf(magnitude)) {
    result = (magnitude == 0) == (y < 0) ? infinity : 0.0F;
  } else if (base < 0 && !integral) {
    return __builtin_nanf("");
  } else {
    result = static_cast<float>(exp_double(y * log_double(magnitude)));
  }
  return odd && std::signbit(base) ? -result : result;
}

/// out[i] = function(a[i], b[i]), four at a time. A value that stands for all is read from a vector
/// full of it, so that there is one loop.
template <auto Function>
void apply_row(Row a, Row b, int64_t count, float* out) {
  alignas(16) float all[2][4];
  for (const auto& [row, own] : {std::pair{&a, all[0]}, std::pair{&b, all[1]}}) {
    if (row->step == 0) {
      std::fill_n(own, 4, *row->data);
      row->data = own;
    }
  }
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    wasm_v128_store(out + i, Function(wasm_v128_load(a.data + i * a.step),
                                      wasm_v128_load(b.data + i * b.step)));
  }
  if (i < count) {
    alignas(16) float four[3][4] = {};
    for (int64_t j = i; j < count; ++j) {
      four[0][j - i] = a.data[j * a.step];
      four[1][j - i] = b.data[j * b.step];
    }
    wasm_v128_store(four[2], Function(wasm_v128_load(four[0]), wasm_v128_load(four[1])));
    std::copy_n(four[2], count - i, out + i);
  }
}

/// The first where `first` holds or it is no number, else the second.
v128_t chosen(v128_t first, v128_t x, v128_t y) {
  return wasm_v128_bitselect(x, y, wasm_v128_or(first, wasm_f32x4_ne(x, x)));
}

v128_t maximum4(v128_t x, v128_t y) {
  return chosen(wasm_f32x4_gt(x, y), x, y);
}

v128_t minimum4(v128_t x, v128_t y) {
  return chosen(wasm_f32x4_lt(x, y), x, y);
}

v128_t add4(v128_t x, v128_t y) {
  return wasm_f32x4_add(x, y);
}

v128_t sub4(v128_t x, v128_t y) {
  return wasm_f32x4_sub(x, y);
}

v128_t mul4(v128_t x, v128_t y) {
  return wasm_f32x4_mul(x, y);
}

v128_t div4(v128_t x, v128_t y) {
  return wasm_f32x4_div(x, y);
}

v128_t less4(v128_t x, v128_t y) {
  return wasm_v128_and(wasm_f32x4_lt(x, y), wasm_f32x4_splat(1.0F));
}

v128_t equal4(v128_t x, v128_t y) {
  return wasm_v128_and(wasm_f32x4_eq(x, y), wasm_f32x4_splat(1.0F));
}

/// x where y is not 0, elsewhere 0.
v128_t keep4(v128_t x, v128_t y) {
  return wasm_v128_andnot(x, wasm_f32x4_eq(y, wasm_f32x4_splat(0.0F)));
}

v128_t power4(v128_t base, v128_t exponent) {
  alignas(16) float bases[4];
  alignas(16) float exponents[4];
  wasm_v128_store(bases, base);
  wasm_v128_store(exponents, exponent);
  for (int lane = 0; lane < 4; ++lane) {
    bases[lane] = power(bases[lane], exponents[lane]);
  }
  return wasm_v128_load(bases);
}

}  // namespace

RowFunction row_function(BinaryOp op) {
  switch (op) {
    case BinaryOp::kAdd:
      return apply_row<add4>;
    case BinaryOp::kSub:
      return apply_row<sub4>;
    case BinaryOp::kMul:
      return apply_row<mul4>;
    case BinaryOp::kDiv:
      return apply_row<div4>;
    case BinaryOp::kMax:
      return apply_row<maximum4>;
    case BinaryOp::kMin:
      return apply_row<minimum4>;
    case BinaryOp::kIsLess:
      return apply_row<less4>;
    case BinaryOp::kIsEqual:
      return apply_row<equal4>;
    case BinaryOp::kKeep:
      return apply_row<keep4>;
    case BinaryOp::kPow:
      break;
  }
  return apply_row<power4>;
}

bool broadcast_shape(Extents a, Extents b, std::span<int64_t> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t back = out.size() - i;
    const int64_t x = back <= a.size() ? a[a.size() - back] : 1;
    const int64_t y = back <= b.size() ? b[b.size() - back] : 1;
    if (x != y && x != 1 && y != 1) {
      return false;
    }
    out[i] = x == 1 ? y : x;
  }
  return true;
}

void binary(BinaryOp op, std::span<const float> a, Extents a_shape, std::span<const float> b,
            Extents b_shape, std::span<float> out, Extents out_shape) {
  const RowFunction function = row_function(op);
  for_each_row(a_shape, b_shape, out_shape, [&](const BroadcastRow& row) {
    function({a.data() + row.a, row.a_step}, {b.data() + row.b, row.b_step}, row.count,
             out.data() + row.out);
  });
}

}  // namespace edgy::kernels
