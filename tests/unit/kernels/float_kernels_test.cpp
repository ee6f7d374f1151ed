// Float kernels: error bounds against double precision, and shapes against plain loops.
#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>
#include <random>
#include <vector>

#include "kernels/float/copy.h"
#include "kernels/float/elementwise.h"
#include "kernels/float/matmul.h"
#include "kernels/float/normalize.h"
#include "kernels/float/pool.h"
#include "kernels/float/recurrent.h"
#include "kernels/float/reduce.h"

namespace edgy::kernels {
namespace {

using Floats = std::vector<float>;
using Shape = std::vector<int64_t>;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Floats apply(UnaryOp op, const Floats& in, float alpha = 0, float beta = 0) {
  Floats out(in.size());
  unary(op, alpha, beta, in, out);
  return out;
}

/// Difference to the true value in units of the last place of its rounding to float.
double ulps(float actual, double expected) {
  const float rounded = std::abs(static_cast<float>(expected));
  const double unit = std::nextafter(rounded, kInfinity) - static_cast<double>(rounded);
  return std::abs(actual - expected) / unit;
}

Floats random_floats(std::mt19937& random, std::size_t count) {
  std::normal_distribution<float> normal;
  Floats values(count);
  for (float& x : values) {
    x = normal(random);
  }
  return values;
}

/// Every 997th float of [low, high], and its negative if `both`.
Floats sweep(float low, float high, bool both) {
  Floats values;
  const uint32_t end = std::bit_cast<uint32_t>(high);
  for (uint32_t bits = std::bit_cast<uint32_t>(low); bits <= end; bits += 997) {
    values.push_back(std::bit_cast<float>(bits));
    if (both) {
      values.push_back(-values.back());
    }
  }
  return values;
}

double worst_ulps(UnaryOp op, const Floats& in, const std::function<double(double)>& truth) {
  const Floats out = apply(op, in);
  double worst = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const double error = ulps(out[i], truth(in[i]));
    worst = error <= worst ? worst : error;
  }
  return worst;
}

TEST_CASE("transcendental functions keep their stated bounds", "[float]") {
  CHECK(worst_ulps(UnaryOp::kExp, sweep(1e-10F, 87.0F, true),
                   [](double x) { return std::exp(x); }) < 2);
  CHECK(worst_ulps(UnaryOp::kLog, sweep(1e-45F, 3.4e38F, false),
                   [](double x) { return std::log(x); }) < 3);
  CHECK(worst_ulps(UnaryOp::kTanh, sweep(1e-30F, 20.0F, true),
                   [](double x) { return std::tanh(x); }) < 7);
  CHECK(worst_ulps(UnaryOp::kErf, sweep(1e-30F, 6.0F, true), [](double x) { return std::erf(x); }) <
        8);
  CHECK(worst_ulps(UnaryOp::kSigmoid, sweep(1e-10F, 86.0F, true),
                   [](double x) { return 1 / (1 + std::exp(-x)); }) < 3);
  const Floats in = sweep(1e-10F, 50.0F, true);
  const Floats out = apply(UnaryOp::kGelu, in);
  double worst = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const double x = in[i];
    const double truth = x / 2 * (1 + std::erf(x / std::numbers::sqrt2));
    worst = std::max(worst, std::abs(out[i] - truth) / std::max(1.0, std::abs(x)));
  }
  CHECK(worst < 2.5e-7);
}

TEST_CASE("transcendental functions at the ends of their ranges", "[float]") {
  CHECK(apply(UnaryOp::kExp, {0, 200, -200, kInfinity, -kInfinity}) ==
        Floats{1, kInfinity, 0, kInfinity, 0});
  CHECK(apply(UnaryOp::kLog, {1, 0, kInfinity}) == Floats{0, -kInfinity, kInfinity});
  CHECK(apply(UnaryOp::kTanh, {0, 100, -kInfinity}) == Floats{0, 1, -1});
  CHECK(apply(UnaryOp::kErf, {0, 100, -kInfinity}) == Floats{0, 1, -1});
  CHECK(apply(UnaryOp::kSigmoid, {0, kInfinity, -kInfinity}) == Floats{0.5F, 1, 0});
  CHECK(std::isnan(apply(UnaryOp::kLog, {-1})[0]));
  for (const UnaryOp op : {UnaryOp::kExp, UnaryOp::kLog, UnaryOp::kTanh, UnaryOp::kErf,
                           UnaryOp::kSigmoid, UnaryOp::kGelu, UnaryOp::kRelu}) {
    CHECK(std::isnan(apply(op, {kNan})[0]));
  }
}

TEST_CASE("simple unary operations, any tail", "[float]") {
  CHECK(apply(UnaryOp::kRelu, {-1, 2, 0, 5, -3}) == Floats{0, 2, 0, 5, 0});
  CHECK(apply(UnaryOp::kLeakyRelu, {-2, 2}, 0.5F) == Floats{-1, 2});
  CHECK(apply(UnaryOp::kClip, {-2, 0, 9}, -1, 6) == Floats{-1, 0, 6});
  CHECK(apply(UnaryOp::kSqrt, {4, 2.25F}) == Floats{2, 1.5F});
  CHECK(apply(UnaryOp::kNeg, {4, -2}) == Floats{-4, 2});
  CHECK(apply(UnaryOp::kAbs, {4, -2}) == Floats{4, 2});
  CHECK(apply(UnaryOp::kHardSwish, {-4, 0, 4}) == Floats{0, 0, 4});
  CHECK(apply(UnaryOp::kHardSigmoid, {-9, 1, 9}, 0.25F, 0.5F) == Floats{0, 0.75F, 1});
  CHECK(apply(UnaryOp::kElu, {-100, 3}, 2) == Floats{-2, 3});
  CHECK(apply(UnaryOp::kReciprocal, {4, -0.5F}) == Floats{0.25F, -2});
  CHECK(apply(UnaryOp::kFloor, {1.5F, -1.5F}) == Floats{1, -2});
  CHECK(apply(UnaryOp::kCeil, {1.5F, -1.5F}) == Floats{2, -1});
  CHECK(apply(UnaryOp::kRound, {0.5F, 1.5F, 2.5F, -0.5F, 2.6F}) == Floats{0, 2, 2, 0, 3});
  CHECK(apply(UnaryOp::kRelu, {}).empty());
}

Floats apply(BinaryOp op, const Floats& a, const Shape& a_shape, const Floats& b,
             const Shape& b_shape) {
  Shape shape(std::max(a_shape.size(), b_shape.size()));
  REQUIRE(broadcast_shape(a_shape, b_shape, shape));
  Floats out(static_cast<std::size_t>(element_count(shape)));
  binary(op, a, a_shape, b, b_shape, out, shape);
  return out;
}

TEST_CASE("binary operations broadcast as numpy does", "[float]") {
  CHECK(apply(BinaryOp::kAdd, {1, 2, 3}, {3}, {10}, {}) == Floats{11, 12, 13});
  CHECK(apply(BinaryOp::kSub, {1, 2}, {2, 1}, {10, 20, 30}, {3}) ==
        Floats{-9, -19, -29, -8, -18, -28});
  CHECK(apply(BinaryOp::kMul, {1, 2, 3, 4}, {2, 1, 2}, {5, 6}, {1, 2, 1}) ==
        Floats{5, 10, 6, 12, 15, 20, 18, 24});
  CHECK(apply(BinaryOp::kDiv, {1, 8}, {2}, {2, 4}, {2}) == Floats{0.5F, 2});
  CHECK(apply(BinaryOp::kMax, {1, 8}, {2}, {2, 4}, {2}) == Floats{2, 8});
  CHECK(apply(BinaryOp::kMin, {1, 8}, {2}, {2, 4}, {2}) == Floats{1, 4});
  CHECK(apply(BinaryOp::kAdd, {}, {0, 3}, {1, 2, 3}, {3}).empty());
  Shape shape(2);
  CHECK_FALSE(broadcast_shape(Shape{2, 3}, Shape{2}, shape));
}

TEST_CASE("power, within one ULP", "[float]") {
  std::mt19937 random(9);
  std::uniform_real_distribution<float> base(0.01F, 20.0F);
  std::uniform_real_distribution<float> exponent(-20.0F, 20.0F);
  for (int i = 0; i < 20000; ++i) {
    const float x = base(random);
    const float y = exponent(random);
    CAPTURE(x, y);
    REQUIRE(ulps(apply(BinaryOp::kPow, {x}, {}, {y}, {})[0], std::pow(static_cast<double>(x), y)) <
            1);
  }
  CHECK(apply(BinaryOp::kPow, {-3, -2, 0, 5, 0, 2, -1}, {7}, {2, 3, 0, 0, -1, -2, 101}, {7}) ==
        Floats{9, -8, 1, 1, kInfinity, 0.25F, -1});
  CHECK(apply(BinaryOp::kPow, {2, 0.5F, 4, 0}, {4}, {kInfinity, kInfinity, 0.5F, 2.5F}, {4}) ==
        Floats{kInfinity, 0, 2, 0});
  CHECK(std::isnan(apply(BinaryOp::kPow, {-2}, {}, {0.5F}, {})[0]));
}

TEST_CASE("softmax and layer norm against double", "[float]") {
  std::mt19937 random(3);
  for (const std::size_t columns : {1U, 2U, 3U, 4U, 5U, 17U, 64U, 129U}) {
    CAPTURE(columns);
    const Floats x = random_floats(random, 3 * columns);
    const Floats gamma = random_floats(random, columns);
    const Floats beta = random_floats(random, columns);
    Floats soft(x.size());
    Floats normal(x.size());
    softmax(x, columns, soft);
    layer_norm(x, gamma, beta, 1e-5F, normal);
    for (std::size_t row = 0; row < 3; ++row) {
      double sum = 0;
      double mean = 0;
      double variance = 0;
      for (std::size_t i = 0; i < columns; ++i) {
        sum += std::exp(static_cast<double>(x[row * columns + i]));
        mean += x[row * columns + i] / static_cast<double>(columns);
      }
      for (std::size_t i = 0; i < columns; ++i) {
        variance += std::pow(x[row * columns + i] - mean, 2) / static_cast<double>(columns);
      }
      for (std::size_t i = 0; i < columns; ++i) {
        const std::size_t at = row * columns + i;
        REQUIRE(std::abs(soft[at] - std::exp(static_cast<double>(x[at])) / sum) < 1e-6);
        REQUIRE(std::abs(normal[at] - ((x[at] - mean) / std::sqrt(variance + 1e-5F) * gamma[i] +
                                       beta[i])) < 1e-5);
      }
    }
  }
  Floats large = {1000, 1000, -1000};
  softmax(large, 3, large);
  CHECK(large == Floats{0.5F, 0.5F, 0});
}

TEST_CASE("reductions over axes", "[float]") {
  const Floats x = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};  // [2][3][2]
  Floats out(3);
  reduce(ReduceOp::kSum, x, Shape{2, 3, 2}, 0b101, out);
  CHECK(out == Floats{18, 26, 34});
  reduce(ReduceOp::kMean, x, Shape{2, 3, 2}, 0b101, out);
  CHECK(out == Floats{4.5F, 6.5F, 8.5F});
  reduce(ReduceOp::kMax, x, Shape{2, 3, 2}, 0b101, out);
  CHECK(out == Floats{8, 10, 12});
  reduce(ReduceOp::kMin, x, Shape{2, 3, 2}, 0b101, out);
  CHECK(out == Floats{1, 3, 5});
  std::vector<int64_t> indices(4);
  arg_reduce(ArgOp::kMax, x, Shape{2, 3, 2}, 1, indices);
  CHECK(indices == std::vector<int64_t>{2, 2, 2, 2});
  indices.resize(1);
  arg_reduce(ArgOp::kMin, Floats{3, 1, 1, 2}, Shape{4}, 0, indices);
  CHECK(indices[0] == 1);
}

TEST_CASE("copies move elements of every width", "[float]") {
  const std::vector<uint8_t> bytes = {0, 1, 2, 3, 4, 5};
  std::vector<uint8_t> out(6);
  transpose(bytes.data(), Shape{2, 3}, std::vector<int32_t>{1, 0}, 1, out.data());
  CHECK(out == std::vector<uint8_t>{0, 3, 1, 4, 2, 5});
  std::vector<int64_t> wide(24);
  std::iota(wide.begin(), wide.end(), 0);
  std::vector<int64_t> moved(24);
  transpose(wide.data(), Shape{2, 3, 4}, std::vector<int32_t>{2, 0, 1}, 8, moved.data());
  for (std::size_t i = 0; i < 24; ++i) {
    REQUIRE(moved[i] == static_cast<int64_t>(i % 6 / 3 * 12 + i % 3 * 4 + i / 6));
  }
  const Floats a = {1, 2, 3, 4};
  const Floats b = {5, 6};
  Floats joined(6);
  concat(std::vector<ConcatPart>{{a.data(), 2}, {b.data(), 1}}, 2, 4, joined.data());
  CHECK(joined == Floats{1, 2, 5, 3, 4, 6});
  Floats picked(4);
  CHECK(gather(a.data(), 1, 2, 2, std::vector<int64_t>{-1, 0}, 4, picked.data()));
  CHECK(picked == Floats{3, 4, 1, 2});
  CHECK_FALSE(gather(a.data(), 1, 2, 2, std::vector<int64_t>{0, 2}, 4, picked.data()));
  std::vector<uint16_t> line = {0, 1, 2, 3, 4, 5, 6};
  std::vector<uint16_t> part(3);
  slice(line.data(), Shape{7}, Shape{6}, Shape{-3}, Shape{3}, 2, part.data());
  CHECK(part == std::vector<uint16_t>{6, 3, 0});
}

TEST_CASE("padding by constant, reflection and edge", "[float]") {
  const Floats x = {1, 2, 3};
  const float nine = 9;
  Floats out(8);
  pad(x.data(), Shape{3}, Shape{2}, Shape{8}, PadFill::kConstant, &nine, 4, out.data());
  CHECK(out == Floats{9, 9, 1, 2, 3, 9, 9, 9});
  pad(x.data(), Shape{3}, Shape{2}, Shape{8}, PadFill::kReflect, nullptr, 4, out.data());
  CHECK(out == Floats{3, 2, 1, 2, 3, 2, 1, 2});
  pad(x.data(), Shape{3}, Shape{2}, Shape{8}, PadFill::kEdge, nullptr, 4, out.data());
  CHECK(out == Floats{1, 1, 1, 2, 3, 3, 3, 3});
}

TEST_CASE("pooling with borders and strides", "[float]") {
  PoolShape shape{.height = 3,
                  .width = 3,
                  .kernel_h = 2,
                  .kernel_w = 2,
                  .stride_h = 2,
                  .stride_w = 2,
                  .pad_bottom = 1,
                  .pad_right = 1};
  const Floats x = {1, 2, 3, 4, 5, 6, 7, 8, -9};
  Floats out(4);
  max_pool(shape, x, out);
  CHECK(out == Floats{5, 6, 8, -9});
  average_pool(shape, false, x, out);
  CHECK(out == Floats{3, 4.5F, 7.5F, -9});
  average_pool(shape, true, x, out);
  CHECK(out == Floats{3, 2.25F, 3.75F, -2.25F});
}

TEST_CASE("matrix products over random shapes equal the ordered sum bit for bit", "[float]") {
  std::mt19937 random(4);
  for (int round = 0; round < 60; ++round) {
    const std::size_t m = random() % 10;
    const std::size_t k = round % 15 == 14 ? 250 + random() % 300 : random() % 12;
    const std::size_t n = random() % 14;
    const bool ta = round % 2 != 0;
    const bool tb = round % 4 > 1;
    CAPTURE(m, k, n, ta, tb);
    const Floats a = random_floats(random, m * k);
    const Floats b = random_floats(random, k * n);
    Floats out(m * n, kNan);
    Floats expected(m * n, 0.0F);
    matmul(a, b, m, k, n, ta, tb, out);
    for (std::size_t i = 0; i < m * n; ++i) {
      for (std::size_t j = 0; j < k; ++j) {
        const float product =
            a[ta ? j * m + i / n : i / n * k + j] * b[tb ? i % n * k + j : j * n + i % n];
        expected[i] += product;
      }
    }
    REQUIRE(out == expected);
  }
}

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

TEST_CASE("LSTM and GRU against their equations in double", "[float]") {
  std::mt19937 random(6);
  constexpr std::size_t kSteps = 2 * kStepsAtATime + 5;
  for (const auto& sizes : {std::pair<std::size_t, std::size_t>{1, 1}, {5, 3}, {8, 7}, {7, 12}}) {
    const std::size_t inputs = sizes.first;
    const std::size_t hidden = sizes.second;
    for (const int form : {0, 1, 2}) {  // LSTM, GRU, GRU with linear_before_reset
      CAPTURE(inputs, hidden, form);
      const std::size_t gates = form == 0 ? 4 : 3;
      const Floats w = random_floats(random, gates * hidden * inputs);
      const Floats r = random_floats(random, gates * hidden * hidden);
      const Floats b = random_floats(random, 2 * gates * hidden);
      const Floats x = random_floats(random, kSteps * inputs);
      Floats h = random_floats(random, hidden);
      Floats c = random_floats(random, hidden);
      const Floats h0 = h;
      const Floats c0 = c;
      std::vector<double> dh(h.begin(), h.end());
      std::vector<double> dc(c.begin(), c.end());
      Floats y(kSteps * hidden);
      Floats scratch(recurrent_scratch(hidden));
      const RecurrentWeights weights{inputs, hidden, w, r, b};
      if (form == 0) {
        lstm(weights, x, h, c, y, scratch);
      } else {
        gru(weights, form == 2, x, h, y, scratch);
      }
      for (std::size_t t = 0; t < kSteps; ++t) {
        const auto from_x = [&, t](std::size_t g, std::size_t i) {
          double sum = b[g * hidden + i];
          for (std::size_t j = 0; j < inputs; ++j) {
            sum += static_cast<double>(w[(g * hidden + i) * inputs + j]) * x[t * inputs + j];
          }
          return sum;
        };
        const auto from_h = [&](std::size_t g, std::size_t i, const std::vector<double>& state) {
          double sum = b[(gates + g) * hidden + i];
          for (std::size_t j = 0; j < hidden; ++j) {
            sum += r[(g * hidden + i) * hidden + j] * state[j];
          }
          return sum;
        };
        const auto gate = [&](std::size_t g, std::size_t i) {
          return logistic(from_x(g, i) + from_h(g, i, dh));
        };
        std::vector<double> next(hidden);
        std::vector<double> reset(hidden);
        for (std::size_t i = 0; form != 0 && i < hidden; ++i) {
          reset[i] = gate(1, i) * dh[i];
        }
        for (std::size_t i = 0; i < hidden; ++i) {
          if (form == 0) {
            dc[i] = gate(2, i) * dc[i] + gate(0, i) * std::tanh(from_x(3, i) + from_h(3, i, dh));
            next[i] = gate(1, i) * std::tanh(dc[i]);
          } else {
            const double past = form == 2 ? gate(1, i) * from_h(2, i, dh) : from_h(2, i, reset);
            next[i] = (1 - gate(0, i)) * std::tanh(from_x(2, i) + past) + gate(0, i) * dh[i];
          }
        }
        dh = next;
        for (std::size_t i = 0; i < hidden; ++i) {
          REQUIRE(std::abs(y[t * hidden + i] - dh[i]) < 1e-5);
        }
      }
      // Step by step the same bits.
      Floats h_step = h0;
      Floats c_step = c0;
      for (std::size_t t = 0; t < kSteps; ++t) {
        const auto x_step = std::span<const float>(x).subspan(t * inputs, inputs);
        Floats y_step(hidden);
        if (form == 0) {
          lstm(weights, x_step, h_step, c_step, y_step, scratch);
        } else {
          gru(weights, form == 2, x_step, h_step, y_step, scratch);
        }
        CHECK(std::equal(y_step.begin(), y_step.end(), y.data() + t * hidden));
      }
      CHECK(h_step == h);
      CHECK(c_step == c);
      for (std::size_t i = 0; i < hidden; ++i) {
        CHECK(h[i] == y[(kSteps - 1) * hidden + i]);
        CHECK((form != 0 || std::abs(c[i] - dc[i]) < 1e-5));
      }
    }
  }
}

}  // namespace
}  // namespace edgy::kernels
