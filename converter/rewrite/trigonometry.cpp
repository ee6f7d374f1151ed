// Circular functions and their inverses, in arithmetic: the argument is brought near 0 as the
// Cephes library does it (S. L. Moshier, Methods and Programs for Mathematical Functions, 1989),
// and a polynomial does the rest. The runtime needs no further kernel for them.
#include <cmath>
#include <numbers>
#include <vector>

#include "converter/rewrite/rewrite.h"

namespace edgy::converter::rewrite {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

bool is_ready(Builder& b) {
  if (!b.has_shape(0))
    return false;
  b.expect_float(0);
  return true;
}

/// a + b
ValueId sum(Builder& b, ValueId x, ValueId y) {
  return b.add("Add", {x, y});
}

ValueId difference(Builder& b, ValueId x, ValueId y) {
  return b.add("Sub", {x, y});
}

ValueId product(Builder& b, ValueId x, ValueId y) {
  return b.add("Mul", {x, y});
}

/// x + x^3 (c[0] + c[1] x^2 + ...)
ValueId odd_polynomial(Builder& b, ValueId x, const std::vector<double>& coefficients) {
  const ValueId square = product(b, x, x);
  ValueId value = b.number(static_cast<float>(coefficients.back()));
  for (std::size_t i = coefficients.size() - 1; i-- > 0;)
    value = sum(b, product(b, value, square), b.number(static_cast<float>(coefficients[i])));
  return sum(b, x, product(b, product(b, x, square), value));
}

/// sin(x), or cos(x): x less the nearest whole (or half) multiple of pi, in three parts of which
/// the first two have so few bits that their multiples are exact up to about 10^5; every other
/// multiple turns the sign.
ValueId wave(Builder& b, ValueId x, bool cosine) {
  const ValueId turns = product(b, x, b.number(1 / kPi));
  const ValueId whole = b.add(cosine ? "Floor" : "Round", {turns});
  const ValueId multiple = cosine ? sum(b, whole, b.number(0.5F)) : whole;
  ValueId rest = x;
  for (const float part : {3.140625F, 9.67502593994140625e-4F, 1.509957990978376432e-7F})
    rest = difference(b, rest, product(b, multiple, b.number(part)));
  std::vector<double> series;  // of sin: -1 / 3!, 1 / 5!, ...; the rest is below 1e-9 up to pi / 2
  for (double n = 3, term = -1.0 / 6; n <= 13; n += 2, term /= -(n - 1) * n)
    series.push_back(term);
  const ValueId value = odd_polynomial(b, rest, series);
  const ValueId half = b.add("Floor", {product(b, whole, b.number(0.5F))});
  const ValueId parity = difference(b, whole, product(b, half, b.number(2)));  // 0 or 1
  const ValueId sign = cosine ? difference(b, product(b, parity, b.number(2)), b.number(1))
                              : difference(b, b.number(1), product(b, parity, b.number(2)));
  return product(b, value, sign);
}

/// -1, 0 or 1
ValueId sign_of(Builder& b, ValueId x) {
  return difference(b, b.add("IsLess", {b.number(0), x}), b.add("IsLess", {x, b.number(0)}));
}

/// atan(x) for x >= 0: 1 / x above 1, then (m - 1) / (m + 1) above tan(pi / 8); Cephes' polynomial.
ValueId arc_of_positive(Builder& b, ValueId x) {
  const ValueId one = b.number(1);
  const ValueId m = b.add("Min", {x, b.add("Div", {one, x})});
  const ValueId upper = b.add("IsLess", {b.number(0.41421356F), m});
  const ValueId turned = b.add("Div", {difference(b, m, upper), sum(b, one, product(b, m, upper))});
  const ValueId near = odd_polynomial(
      b, turned, {-3.33329491539e-1, 1.99777106478e-1, -1.38776856032e-1, 8.05374449538e-2});
  const ValueId angle = sum(b, near, product(b, upper, b.number(kPi / 4)));
  const ValueId beyond = b.add("IsLess", {one, x});
  const ValueId mirrored = difference(b, b.number(kPi / 2), product(b, angle, b.number(2)));
  return sum(b, angle, product(b, beyond, mirrored));
}

ValueId arc(Builder& b, ValueId x) {
  return product(b, arc_of_positive(b, b.add("Abs", {x})), sign_of(b, x));
}

}  // namespace

/// Sin, Cos
bool rewrite_wave(Builder& b) {
  return is_ready(b) && b.finish(wave(b, b.input(0), b.node().op == "Cos"));
}

/// sin(x) / cos(x)
bool rewrite_tan(Builder& b) {
  if (!is_ready(b))
    return false;
  const ValueId x = b.input(0);
  return b.finish(b.add("Div", {wave(b, x, false), wave(b, x, true)}));
}

bool rewrite_atan(Builder& b) {
  return is_ready(b) && b.finish(arc(b, b.input(0)));
}

/// atan(x / sqrt((1 - x) (1 + x)))
bool rewrite_asin(Builder& b) {
  if (!is_ready(b))
    return false;
  const ValueId x = b.input(0);
  const ValueId one = b.number(1);
  const ValueId other = product(b, difference(b, one, x), sum(b, one, x));
  return b.finish(arc(b, b.add("Div", {x, b.add("Sqrt", {other})})));
}

/// 2 atan(sqrt((1 - x) / (1 + x))): nothing cancels at 1.
bool rewrite_acos(Builder& b) {
  if (!is_ready(b))
    return false;
  const ValueId x = b.input(0);
  const ValueId one = b.number(1);
  const ValueId ratio = b.add("Div", {difference(b, one, x), sum(b, one, x)});
  return b.finish(product(b, arc_of_positive(b, b.add("Sqrt", {ratio})), b.number(2)));
}

/// sign(x) log(1 + u), u = |x| + x^2 / (1 + sqrt(x^2 + 1)); log(1 + u) = log(w) u / (w - 1) of
/// w = 1 + u as it is rounded (W. Kahan), u itself where w is 1.
bool rewrite_asinh(Builder& b) {
  if (!is_ready(b))
    return false;
  const ValueId x = b.input(0);
  const ValueId one = b.number(1);
  const ValueId size = b.add("Abs", {x});
  // x^2 overflows above 1.8e19: sqrt(x^2 + 1) is |x| long before.
  const ValueId bounded = b.clip(size, 0, 1e9F);
  const ValueId root = b.add("Sqrt", {sum(b, product(b, bounded, bounded), one)});
  const ValueId more = product(b, bounded, b.add("Div", {bounded, sum(b, one, root)}));
  const ValueId u = sum(b, bounded, more);
  const ValueId w = sum(b, one, u);
  const ValueId rounded = difference(b, w, one);
  const ValueId none = b.add("IsEqual", {rounded, b.number(0)});
  const ValueId ratio = b.add("Div", {u, sum(b, rounded, none)});
  // Where w is 1: log(w) is 0, and u is added.
  const ValueId near = sum(b, product(b, b.add("Log", {w}), ratio), product(b, none, u));
  const ValueId far =
      b.add("Log", {b.add("Div", {b.add("Max", {size, b.number(1e9F)}), b.number(1e9F)})});
  return b.finish(product(b, sum(b, near, far), sign_of(b, x)));
}

}  // namespace edgy::converter::rewrite
