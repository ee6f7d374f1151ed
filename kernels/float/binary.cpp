#include <algorithm>
#include <bit>
#include <cmath>

#include "kernels/float/elementwise.h"

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
float power(float base, float exponent) {
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

template <typename Function>
void apply(std::span<const float> a, Extents a_shape, std::span<const float> b, Extents b_shape,
           std::span<float> out, Extents out_shape, Function function) {
  if (out.empty()) {
    return;
  }
  if (a.size() == out.size() && b.size() == out.size()) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = function(a[i], b[i]);
    }
    return;
  }
  const std::size_t rank = out_shape.size();
  Strides a_strides{};
  Strides b_strides{};
  const auto align = [&](Extents shape, Strides& strides) {
    const Strides own = row_major_strides(shape);
    for (std::size_t i = 0; i < shape.size(); ++i) {
      strides[rank - shape.size() + i] = shape[i] == 1 ? 0 : own[i];
    }
  };
  align(a_shape, a_strides);
  align(b_shape, b_strides);
  const int64_t inner = rank == 0 ? 1 : out_shape[rank - 1];
  const int64_t a_step = rank == 0 ? 0 : a_strides[rank - 1];
  const int64_t b_step = rank == 0 ? 0 : b_strides[rank - 1];
  const Extents outer = out_shape.first(rank == 0 ? 0 : rank - 1);
  // Both operands' offsets travel in one number: the second in units of a stride that the first
  // cannot reach.
  const int64_t base = static_cast<int64_t>(a.size()) + 1;
  Strides both{};
  for (std::size_t i = 0; i + 1 < rank; ++i) {
    both[i] = a_strides[i] + base * b_strides[i];
  }
  float* y = out.data();
  for_each_offset(outer, both, [&](int64_t offset) {
    const float* p = a.data() + offset % base;
    const float* q = b.data() + offset / base;
    for (int64_t i = 0; i < inner; ++i) {
      *y++ = function(p[i * a_step], q[i * b_step]);
    }
  });
}

}  // namespace

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
  const auto run = [&](auto function) { apply(a, a_shape, b, b_shape, out, out_shape, function); };
  switch (op) {
    case BinaryOp::kAdd:
      return run([](float x, float y) { return x + y; });
    case BinaryOp::kSub:
      return run([](float x, float y) { return x - y; });
    case BinaryOp::kMul:
      return run([](float x, float y) { return x * y; });
    case BinaryOp::kDiv:
      return run([](float x, float y) { return x / y; });
    case BinaryOp::kMax:
      return run([](float x, float y) { return x > y || x != x ? x : y; });
    case BinaryOp::kMin:
      return run([](float x, float y) { return x < y || x != x ? x : y; });
    case BinaryOp::kPow:
      return run([](float x, float y) { return power(x, y); });
  }
}

}  // namespace edgy::kernels
