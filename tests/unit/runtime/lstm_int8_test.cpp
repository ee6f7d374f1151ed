// Lstm in integers against its definition in edgy.fbs, step by step.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "kernels/float/recurrent.h"
#include "kernels/requantize.h"
#include "tests/loader/model_builder.h"
#include "wasm/format/sparse_encoding.h"
#include "wasm/runtime/session/session.h"

namespace edgy::runtime {
namespace {

using Catch::Matchers::ContainsSubstring;
using Type = format::fb::DataType;
namespace fb = format::fb;

/// Sizes and numbers of one case.
struct Case {
  int batch = 1, steps = 1, inputs = 1, hidden = 1;
  bool has_bias = true, has_states = true;
  float x_scale = 0.02F, state_scale = 0.01F;
  int x_zero = 0, state_zero = 0;
  std::vector<int8_t> w, r;
  std::vector<float> w_scale, r_scale, b, x, h, c;
};

Case make_case(uint32_t seed, int density_percent) {
  std::mt19937 random(seed);
  const auto pick = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<uint32_t>(high - low + 1));
  };
  const auto unit = [&] { return static_cast<float>(random() >> 8) * 0x1p-23F - 1; };
  Case made;
  made.batch = pick(1, 2);
  made.steps = pick(1, 9);
  made.inputs = pick(1, 37);
  made.hidden = pick(1, 21);
  made.has_bias = pick(0, 3) > 0;
  made.has_states = pick(0, 1) == 1;
  made.x_zero = pick(0, 127);
  made.state_zero = pick(0, 127);
  const auto floats = [&](int count, float scale) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values)
      value = unit() * scale;
    return values;
  };
  const auto bytes = [&](int rows, int columns) {
    std::vector<int8_t> values(static_cast<std::size_t>(rows * columns));
    for (int8_t& value : values)
      value = static_cast<int8_t>(random());
    for (int row = 0; row < rows; ++row) {
      for (int block = 0; block < columns; block += 4) {
        if (pick(1, 100) > density_percent)
          std::fill_n(values.begin() + row * columns + block, std::min(4, columns - block),
                      int8_t{0});
      }
    }
    return values;
  };
  const int gates = 4 * made.hidden;
  made.w = bytes(gates, made.inputs);
  made.r = bytes(gates, made.hidden);
  made.w_scale.assign(static_cast<std::size_t>(gates), 0.004F);
  made.r_scale = floats(gates, 0.003F);
  for (float& scale : made.r_scale)
    scale = 0.001F + std::abs(scale);
  if (made.has_bias)
    made.b = floats(2 * gates, 0.5F);
  made.x = floats(made.batch * made.steps * made.inputs, 3);
  if (made.has_states) {
    made.h = floats(made.batch * made.hidden, 1.5F);
    made.c = floats(made.batch * made.hidden, 1.5F);
  }
  return made;
}

template <typename T>
int constant(tests::ModelBuilder& b, const std::string& name, Type type, std::vector<int32_t> shape,
             const std::vector<T>& values) {
  const int made = b.constant(name, type, std::move(shape));
  auto& data = b.model.buffers[static_cast<std::size_t>(b.tensor(made).buffer)]->data;
  data.resize(values.size() * sizeof(T));
  std::memcpy(data.data(), values.data(), data.size());
  return made;
}

void make_sparse(tests::ModelBuilder& b, int tensor, const std::vector<int8_t>& values) {
  fb::TensorT& t = b.tensor(tensor);
  const std::vector<int64_t> shape(t.shape.begin(), t.shape.end());
  const format::SparseBlocks blocks =
      format::encode_sparse(*format::block_grid(shape, 1, 4), values, format::SparseIndex::kBitmap);
  t.encoding = fb::Encoding::SparseBitmap;
  t.sparsity = std::make_unique<fb::SparsityT>();
  t.sparsity->blocks = static_cast<uint32_t>(blocks.blocks);
  t.sparsity->index = static_cast<uint32_t>(b.model.buffers.size());
  b.model.buffers[static_cast<std::size_t>(t.buffer)]->data = blocks.values;
  b.model.buffers.push_back(std::make_unique<fb::BufferT>());
  b.model.buffers.back()->data = blocks.index;
}

/// x -> Quantize -> Lstm -> y, h, c.
fb::ModelT model_of(const Case& test, bool is_sparse) {
  tests::ModelBuilder b;
  const int gates = 4 * test.hidden;
  const int x = b.activation("x", Type::F32, {test.batch, -1, test.inputs});
  const int q = b.activation("q", Type::I8, {test.batch, -1, test.inputs});
  b.quantize(q, {test.x_scale}, test.x_zero);
  b.tensor(q).quantization->qmin = 0;
  b.tensor(q).quantization->qmax = 127;
  const int w = constant(b, "w", Type::I8, {gates, test.inputs}, test.w);
  b.quantize(w, test.w_scale, 0, 0);
  const int r = constant(b, "r", Type::I8, {gates, test.hidden}, test.r);
  b.quantize(r, test.r_scale, 0, 0);
  if (is_sparse) {
    make_sparse(b, w, test.w);
    make_sparse(b, r, test.r);
    b.model.features = {"sparse-blocks"};
  }
  std::vector<int32_t> inputs = {q, w, r, -1};
  if (test.has_bias)
    inputs[3] = constant(b, "b", Type::F32, {2 * gates}, test.b);
  b.model.inputs = {x};
  if (test.has_states) {
    for (const char* name : {"h0", "c0"}) {
      inputs.push_back(b.activation(name, Type::F32, {test.batch, test.hidden}));
      b.model.inputs.push_back(inputs.back());
    }
  }
  const int y = b.activation("y", Type::F32, {test.batch, -1, test.hidden});
  const int h = b.activation("h", Type::F32, {test.batch, test.hidden});
  const int c = b.activation("c", Type::F32, {test.batch, test.hidden});
  b.model.outputs = {y, h, c};
  b.op(fb::QuantizeT(), {x}, {q});
  fb::LstmT options;
  options.hidden = test.hidden;
  options.state_scale = test.state_scale;
  options.state_zero_point = test.state_zero;
  b.op(options, inputs, {y, h, c});
  return std::move(b.model);
}

float product(const std::vector<int8_t>& weights, std::size_t row, const std::vector<int8_t>& x,
              int zero, float scale) {
  int32_t sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    sum += weights[row * x.size() + i] * (x[i] - zero);
  return static_cast<float>(sum) * scale;
}

std::vector<int8_t> quantized(const float* values, std::size_t count, float scale, int zero) {
  std::vector<int8_t> result(count);
  for (std::size_t i = 0; i < count; ++i)
    result[i] = kernels::quantize(values[i], 1.0F / scale, zero, 0, 127);
  return result;
}

/// y, h and c as edgy.fbs defines them.
std::vector<float> defined(const Case& test) {
  const auto hidden = static_cast<std::size_t>(test.hidden);
  const auto inputs = static_cast<std::size_t>(test.inputs);
  const auto steps = static_cast<std::size_t>(test.steps);
  std::vector<float> y;
  std::vector<float> all_h;
  std::vector<float> all_c;
  for (std::size_t n = 0; n < static_cast<std::size_t>(test.batch); ++n) {
    std::vector<float> h(hidden);
    std::vector<float> c(hidden);
    if (test.has_states) {
      std::copy_n(&test.h[n * hidden], hidden, h.begin());
      std::copy_n(&test.c[n * hidden], hidden, c.begin());
    }
    for (std::size_t t = 0; t < steps; ++t) {
      const auto x =
          quantized(&test.x[(n * steps + t) * inputs], inputs, test.x_scale, test.x_zero);
      const auto state = quantized(h.data(), hidden, test.state_scale, test.state_zero);
      std::vector<float> gates(4 * hidden);
      for (std::size_t o = 0; o < gates.size(); ++o) {
        const float bias = test.has_bias ? test.b[o] + test.b[gates.size() + o] : 0.0F;
        const float from_x = product(test.w, o, x, test.x_zero,
                                     static_cast<float>(double{test.x_scale} * test.w_scale[o]));
        const float from_state =
            product(test.r, o, state, test.state_zero,
                    static_cast<float>(double{test.state_scale} * test.r_scale[o]));
        gates[o] = (from_x + bias) + from_state;
      }
      std::vector<float> scratch(hidden);
      kernels::lstm_step(gates, h, c, scratch);
      y.insert(y.end(), h.begin(), h.end());
    }
    all_h.insert(all_h.end(), h.begin(), h.end());
    all_c.insert(all_c.end(), c.begin(), c.end());
  }
  y.insert(y.end(), all_h.begin(), all_h.end());
  y.insert(y.end(), all_c.begin(), all_c.end());
  return y;
}

std::vector<float> run(const Case& test, bool is_sparse, kernels::Isa isa) {
  SessionOptions options;
  options.isa = isa;
  auto loaded = Model::load(tests::bytes_of(model_of(test, is_sparse)));
  if (!loaded)
    FAIL(loaded.error().message);
  auto session = Session::create(*loaded, std::move(options));
  if (!session)
    FAIL(session.error().message);
  std::vector<Shape> shapes = {{test.batch, test.steps, test.inputs}};
  if (test.has_states)
    shapes.insert(shapes.end(), 2, Shape{test.batch, test.hidden});
  if (auto ready = (*session)->prepare(shapes); !ready)
    FAIL(ready.error().message);
  const std::vector<float>* values[] = {&test.x, &test.h, &test.c};
  for (std::size_t i = 0; i < shapes.size(); ++i)
    std::memcpy((*session)->input(i).data(), values[i]->data(), (*session)->input(i).size());
  std::vector<float> all;
  for (int twice = 0; twice < 2; ++twice) {  // a run leaves nothing behind
    all.clear();
    if (auto ran = (*session)->run(); !ran)
      FAIL(ran.error().message);
    for (std::size_t i = 0; i < 3; ++i) {
      const TensorView view = (*session)->output(i);
      const std::size_t before = all.size();
      all.resize(before + view.data.size() / sizeof(float));
      std::memcpy(&all[before], view.data.data(), view.data.size());
    }
  }
  return all;
}

TEST_CASE("lstm_int8: every form and storage gives what the definition says", "[integers]") {
  for (uint32_t seed = 0; seed < 120; ++seed) {
    CAPTURE(seed);
    const Case test = make_case(seed, seed % 3 == 0 ? 100 : 25);
    const std::vector<float> wanted = defined(test);
    for (const kernels::Isa isa : kernels::available_isas()) {
      REQUIRE(run(test, false, isa) == wanted);
      REQUIRE(run(test, true, isa) == wanted);
    }
  }
}

TEST_CASE("lstm_int8: halves of integers are refused", "[integers]") {
  const Case test = make_case(3, 100);
  const auto refusal = [&](auto change) {
    fb::ModelT model = model_of(test, false);
    change(model);
    auto loaded = Model::load(tests::bytes_of(model));
    if (!loaded)
      return loaded.error().message;
    auto session = Session::create(*loaded);
    return session ? std::string() : session.error().message;
  };
  CHECK(refusal([](fb::ModelT&) {}).empty());
  const auto lstm = [](fb::ModelT& model) -> fb::LstmT& {
    return *model.operators[1]->options.AsLstm();
  };
  CHECK_THAT(refusal([&](fb::ModelT& model) { lstm(model).state_scale = 0; }),
             ContainsSubstring("state_scale"));
  CHECK_THAT(refusal([&](fb::ModelT& model) { lstm(model).state_zero_point = 128; }),
             ContainsSubstring("state_zero_point 128"));
  CHECK_THAT(refusal([](fb::ModelT& model) { model.operators[1]->inputs[0] = 0; }),
             ContainsSubstring("all be integers"));
  CHECK_THAT(refusal([](fb::ModelT& model) { model.tensors[2]->quantization = nullptr; }),
             ContainsSubstring("quantization with one scale"));
}

}  // namespace
}  // namespace edgy::runtime
