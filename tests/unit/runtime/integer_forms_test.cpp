// Operators without weights on int8 tensors: the same bytes as the float operators between
// Dequantize and Quantize, in every layout.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "tests/loader/model_builder.h"
#include "wasm/runtime/session/session.h"

namespace edgy::runtime {
namespace {

using Catch::Matchers::ContainsSubstring;
using Type = format::fb::DataType;
namespace fb = format::fb;
using Ints = std::vector<int32_t>;

float unit(std::mt19937& random) {
  return static_cast<float>(random() >> 8) * 0x1p-24F;
}

/// Builds a model whose input x is float32; how operators on int8 are written is the test's choice.
class Maker : public tests::ModelBuilder {
 public:
  /// `with_floats`: every int8 operator as the float one between Dequantize and Quantize.
  Maker(uint32_t seed, bool with_floats) : random(seed), with_floats_(with_floats) {}

  int integers(const Ints& shape, int bits) {
    const int t = activation("t" + std::to_string(model.tensors.size()), Type::I8, shape);
    const int qmin = bits == 8 ? -128 : 0;
    quantize(t, {std::exp2(unit(random) * 4 - 5)}, qmin + static_cast<int>(random() % 128));
    tensor(t).quantization->qmin = qmin;
    tensor(t).quantization->qmax = 127;
    tensor(t).quantization->bits = static_cast<uint8_t>(bits);
    return t;
  }
  int like(int t, const Ints& shape) {
    const int made = activation("t" + std::to_string(model.tensors.size()), Type::I8, shape);
    tensor(made).quantization = std::make_unique<fb::QuantizationT>(*tensor(t).quantization);
    return made;
  }
  int input(const Ints& shape, int bits) {
    const int x = activation("x" + std::to_string(model.inputs.size()), Type::F32, shape);
    model.inputs.push_back(x);
    const int q = integers(shape, bits);
    op(fb::QuantizeT(), {x}, {q});
    return q;
  }
  template <typename Options>
  void compute(const Options& options, const Ints& xs, int y) {
    if (!with_floats_) {
      op(options, xs, {y});
      return;
    }
    Ints reals;
    for (const int x : xs) {
      reals.push_back(x);
      if (tensor(x).type == Type::I8) {
        reals.back() = real(x);
        op(fb::DequantizeT(), {x}, {reals.back()});
      }
    }
    const int result = real(y);
    op(options, reals, {result});
    op(fb::QuantizeT(), {result}, {y});
  }
  /// An int8 convolution over [1, H, W, C], all its numbers random.
  int convolve(int x, const fb::Conv2DT& conv, int channels, int kernel, int bits) {
    const Ints shape = tensor(x).shape;
    const int w = constant("w", Type::I8, {channels, kernel, kernel, shape[3]});
    for (uint8_t& byte : model.buffers[static_cast<std::size_t>(tensor(w).buffer)]->data) {
      byte = static_cast<uint8_t>(random());
    }
    quantize(w, std::vector<float>(static_cast<std::size_t>(channels), 0.004F), 0, 0);
    const auto extent = [&](int size, int before, int after, int stride) {
      return (size + before + after - kernel) / stride + 1;
    };
    const Ints made = {1, extent(shape[1], conv.pad_top, conv.pad_bottom, conv.stride_h),
                       extent(shape[2], conv.pad_left, conv.pad_right, conv.stride_w), channels};
    int y = 0;
    if (bits == 32) {
      y = activation("y" + std::to_string(model.tensors.size()), Type::F32, made);
    } else {
      y = integers(made, bits);
    }
    op(conv, {x, w, -1}, {y});
    return y;
  }
  void give(int t) {
    if (tensor(t).type == Type::I8) {
      const int y = real(t);
      op(fb::DequantizeT(), {t}, {y});
      t = y;
    }
    model.outputs.push_back(t);
  }

  std::mt19937 random;

 private:
  int real(int t) {
    return activation(tensor(t).name + ":real" + std::to_string(model.tensors.size()), Type::F32,
                      tensor(t).shape);
  }
  bool with_floats_;
};

/// All outputs, bytes one behind the other; every model input gets the same random values for a
/// seed.
std::vector<uint8_t> run(const Maker& maker, uint32_t seed, std::string* kernels = nullptr) {
  std::mt19937 random(seed);
  auto loaded = Model::load(tests::bytes_of(maker.model));
  if (!loaded) {
    FAIL(loaded.error().message);
  }
  auto session = Session::create(*loaded);
  if (!session) {
    FAIL(session.error().message);
  }
  std::vector<Shape> shapes;
  for (const int32_t input : maker.model.inputs) {
    const Ints& shape = maker.model.tensors[static_cast<std::size_t>(input)]->shape;
    shapes.emplace_back(shape.begin(), shape.end());
  }
  if (auto ready = (*session)->prepare(shapes); !ready) {
    FAIL(ready.error().message);
  }
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const std::span<uint8_t> bytes = (*session)->input(i);
    for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) {
      const float value = unit(random) * 6 - 3;
      std::memcpy(&bytes[at], &value, 4);
    }
  }
  if (auto ran = (*session)->run(); !ran) {
    FAIL(ran.error().message);
  }
  std::vector<uint8_t> all;
  for (std::size_t i = 0; i < maker.model.outputs.size(); ++i) {
    const TensorView view = (*session)->output(i);
    all.insert(all.end(), view.data.begin(), view.data.end());
  }
  if (kernels != nullptr) {
    for (const StepProfile& entry : (*session)->profile()) {
      *kernels += std::string(entry.kernel) + " ";
    }
  }
  return all;
}

TEST_CASE("integer forms: one operator of each kind equals its float form", "[integers]") {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    const auto make = [&](bool with_floats) {
      Maker m(seed, with_floats);
      const int bits = m.random() % 2 == 0 ? 7 : 8;
      const int x = m.input({2, 3, 5, 7}, bits);
      const int y = m.integers({2, 3, 5, 7}, m.random() % 2 == 0 ? 7 : 8);
      switch (seed % 4) {
        case 0: {
          fb::UnaryT unary;
          unary.kind = static_cast<fb::UnaryKind>(seed / 4 %
                                                  (static_cast<uint32_t>(fb::UnaryKind::MAX) + 1));
          unary.alpha = -0.25F;
          unary.beta = 0.75F;
          m.compute(unary, {x}, y);
          break;
        }
        case 1: {
          fb::BinaryT binary;
          binary.kind = static_cast<fb::BinaryKind>(
              seed / 4 % (static_cast<uint32_t>(fb::BinaryKind::MAX) + 1));
          const int other = seed % 3 == 0   ? m.constant("c", Type::F32, {5, 1})
                            : seed % 3 == 1 ? m.input({2, 1, 1, 7}, 8)
                                            : m.input({2, 3, 5, 7}, 7);
          m.compute(binary, {x, other}, y);
          break;
        }
        case 2: {
          fb::ConcatT concat;
          concat.axis = 2;
          const int part = m.input({2, 3, 4, 7}, 8);
          const int whole = m.integers({2, 3, 14, 7}, 7);
          m.compute(concat, {x, part, x}, whole);
          m.give(whole);
          m.op(fb::UnaryT(), {x}, {y});
          break;
        }
        default: {
          fb::Pool2DT pool;
          pool.kind = fb::PoolKind::Max;
          pool.kernel_h = 2;
          pool.kernel_w = 3;
          pool.pad_left = 1;
          pool.stride_w = 2;
          const int most = m.like(x, {2, 2, 2, 7});
          m.compute(pool, {x}, most);
          m.give(most);
          fb::ReduceT reduce;
          reduce.kind = fb::ReduceKind::Max;
          reduce.axes = {1, 2};
          const int greatest = m.like(x, {2, 1, 1, 7});
          m.compute(reduce, {x}, greatest);
          m.give(greatest);
          m.op(fb::UnaryT(), {x}, {y});
          break;
        }
      }
      m.give(y);
      return m;
    };
    CHECK(run(make(false), seed) == run(make(true), seed));
  }
}

fb::Conv2DT random_conv(std::mt19937& random, int kernel) {
  fb::Conv2DT conv;
  conv.stride_h = 1 + static_cast<int>(random() % 2);
  conv.stride_w = 1 + static_cast<int>(random() % 3);
  const auto pad = [&] { return static_cast<int>(random() % static_cast<uint32_t>(kernel)); };
  conv.pad_top = pad();
  conv.pad_left = pad();
  conv.pad_bottom = pad();
  conv.pad_right = pad();
  return conv;
}

TEST_CASE("integer forms: between convolutions they work in the convolutions' layout",
          "[integers]") {
  std::string kernels;
  for (uint32_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    const auto make = [&](bool with_floats) {
      Maker m(seed, with_floats);
      const Ints shape = {1, 5 + static_cast<int>(m.random() % 4),
                          6 + static_cast<int>(m.random() % 9),
                          1 + static_cast<int>(m.random() % 9)};
      const int x = m.input(shape, 7);
      const int channels = 1 + static_cast<int>(m.random() % 9);
      fb::Conv2DT same;
      same.pad_top = same.pad_left = same.pad_bottom = same.pad_right = 1;
      const int a = m.convolve(x, same, channels, 3, 7);
      const Ints made = m.tensor(a).shape;
      const int b = m.integers(made, 7);
      fb::UnaryT unary;
      unary.kind = fb::UnaryKind::HardSwish;
      m.compute(unary, {a}, b);
      int last = b;
      if (m.random() % 2 == 0) {  // a residual connection
        const int other = m.convolve(b, same, channels, 3, 8);
        last = m.integers(made, 7);
        m.compute(fb::BinaryT(), {other, m.random() % 2 == 0 ? a : b}, last);
      }
      m.give(m.convolve(last, random_conv(m.random, 3), 5, 3, 32));
      if (m.random() % 2 == 0)  // another one that wants another border of the same tensor
        m.give(m.convolve(m.random() % 2 == 0 ? a : last, random_conv(m.random, 2), 3, 2, 32));
      if (m.random() % 4 == 0)
        m.give(b);
      return m;
    };
    REQUIRE(run(make(false), seed, &kernels) == run(make(true), seed));
  }
  CHECK_THAT(kernels, ContainsSubstring("lookup") && ContainsSubstring("binary_int8"));
}

/// Whether float32 values, as bytes, are as far apart as `most` at most.
bool floats_are_near(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b, float most) {
  bool near = a.size() == b.size();
  for (std::size_t i = 0; near && i < a.size(); i += 4) {
    float x = 0;
    float y = 0;
    std::memcpy(&x, &a[i], 4);
    std::memcpy(&y, &b[i], 4);
    near = std::abs(x - y) <= most;
  }
  return near;
}

TEST_CASE("integer forms: means of int8 are within a step of the float ones", "[integers]") {
  for (uint32_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    float step = 0;
    const auto make = [&](bool with_floats) {
      Maker m(seed, with_floats);
      const int x = m.input({2, 4, 6, 20}, 7);
      fb::Pool2DT pool;
      pool.kind = fb::PoolKind::Average;
      pool.kernel_h = pool.kernel_w = 2;
      pool.pad_left = 1;
      pool.count_include_pad = seed % 2 == 0;
      const int mean = m.integers({2, 3, 6, 20}, 8);
      m.compute(pool, {x}, mean);
      m.give(mean);
      fb::ReduceT reduce;
      reduce.axes = {1, -2};
      reduce.keep_dims = false;
      const int whole = m.integers({2, 20}, 8);
      m.compute(reduce, {x}, whole);
      m.give(whole);
      step =
          std::max(m.tensor(mean).quantization->scale[0], m.tensor(whole).quantization->scale[0]);
      return m;
    };
    REQUIRE(floats_are_near(run(make(false), seed), run(make(true), seed), 1.001F * step));
  }
}

std::string refusal(const Maker& maker) {
  auto loaded = Model::load(tests::bytes_of(maker.model));
  if (!loaded)
    return loaded.error().message;
  auto session = Session::create(*loaded);
  return session ? "" : session.error().message;
}

TEST_CASE("integer forms: products of two int8 activations are within a step of the float ones",
          "[integers]") {
  for (uint32_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    float step = 0;
    const auto make = [&](bool with_floats) {
      Maker m(seed, with_floats);
      fb::MatMulT product;
      product.transpose_a = seed % 2 == 1;
      product.transpose_b = seed % 4 >= 2;
      // Three heads by one that serves them all.
      const int a = m.input(product.transpose_a ? Ints{2, 3, 21, 10} : Ints{2, 3, 10, 21}, 7);
      const int b = m.input(product.transpose_b ? Ints{2, 1, 14, 21} : Ints{2, 1, 21, 14}, 7);
      const int y = m.integers({2, 3, 10, 14}, 8);
      m.tensor(y).quantization->scale[0] *= 40;
      m.compute(product, {a, b}, y);
      m.give(y);
      step = m.tensor(y).quantization->scale[0];
      return m;
    };
    std::string kernels;
    const std::vector<uint8_t> integers = run(make(false), seed, &kernels);
    CHECK_THAT(kernels, ContainsSubstring("matmul_int8"));
    CHECK(floats_are_near(integers, run(make(true), seed), 1.001F * step));
  }
}

TEST_CASE("integer forms: products of int8 activations give float32 where it is wanted",
          "[integers]") {
  const auto make = [](bool with_floats, int bits, Type second) {
    Maker m(7, false);
    Ints operands = {m.input({4, 9}, bits)};
    if (second == Type::I8) {
      operands.push_back(m.input({5, 9}, 7));
    } else {
      operands.push_back(m.activation("b", Type::F32, {5, 9}));
      m.model.inputs.push_back(operands[1]);
    }
    for (int& t : operands) {
      if (with_floats) {
        const int real = m.activation("real" + std::to_string(t), Type::F32, m.tensor(t).shape);
        m.op(fb::DequantizeT(), {t}, {real});
        t = real;
      }
    }
    fb::MatMulT product;
    product.transpose_b = true;
    const int y = m.activation("y", Type::F32, {4, 5});
    m.op(product, operands, {y});
    m.give(y);
    return m;
  };
  CHECK(floats_are_near(run(make(false, 7, Type::I8), 3), run(make(true, 7, Type::I8), 3), 1e-4F));
  CHECK_THAT(refusal(make(false, 8, Type::I8)), ContainsSubstring("0 to 127"));
  CHECK_THAT(refusal(make(false, 7, Type::F32)), ContainsSubstring("both be int8"));
}

TEST_CASE("integer forms: what they do not take is refused by name", "[integers]") {
  const auto with = [](auto options, auto change) {
    Maker m(1, false);
    const int x = m.input({1, 2, 3, 4}, 8);
    const int y = m.integers({1, 2, 3, 4}, 8);
    m.op(options, {x}, {y});
    m.give(y);
    change(m, x, y);
    return refusal(m);
  };
  const auto nothing = [](Maker&, int, int) {};
  CHECK(with(fb::UnaryT(), nothing).empty());
  CHECK_THAT(with(fb::UnaryT(), [](Maker& m, int, int y) { m.tensor(y).quantization = nullptr; }),
             ContainsSubstring("one scale"));
  fb::ReduceT sum;
  sum.kind = fb::ReduceKind::Sum;
  sum.axes = {};
  CHECK_THAT(with(sum, nothing), ContainsSubstring("no int8"));
  fb::Pool2DT most;
  most.kind = fb::PoolKind::Max;
  CHECK_THAT(with(most, nothing), ContainsSubstring("same quantization"));
  // Their quotient would be infinite, and infinity times no sum is no number.
  const auto far_apart = [](Maker& m, int x, int y) {
    m.tensor(x).quantization->scale = {3e38F};
    m.tensor(y).quantization->scale = {1e-5F};
  };
  fb::Pool2DT mean;
  mean.kind = fb::PoolKind::Average;
  CHECK_THAT(with(mean, far_apart), ContainsSubstring("too large beside"));
  Maker mixed(1, false);
  const int x = mixed.input({1, 4}, 8);
  const int y = mixed.activation("y", Type::F32, {1, 4});
  mixed.op(fb::UnaryT(), {x}, {y});
  mixed.model.outputs = {y};
  CHECK_THAT(refusal(mixed), ContainsSubstring("all be int8"));
}

}  // namespace
}  // namespace edgy::runtime
