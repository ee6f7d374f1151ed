// The verifier: good files pass, and no bytes whatever get past it to do harm.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <functional>
#include <random>

#include "converter/calibration/runner.h"
#include "converter/compress/quantize.h"
#include "converter/models/model_files.h"
#include "wasm/format/verify.h"
#include "wasm/runtime/session/session.h"

namespace edgy {
namespace {

namespace fb = format::fb;
using Catch::Matchers::ContainsSubstring;
using converter::model_bytes;

/// A small quantized model: mel [1, 3, T] -> conv -> conv -> z; every kind of index and constant is
/// in it.
const fb::ModelT& small_model() {
  static const fb::ModelT model = [] {
    fb::ModelT m;
    m.version = 1;
    const auto tensor = [&](const char* name, fb::DataType type,
                            std::vector<int32_t> shape) -> fb::TensorT& {
      m.tensors.push_back(std::make_unique<fb::TensorT>());
      m.tensors.back()->name = name;
      m.tensors.back()->type = type;
      m.tensors.back()->shape = std::move(shape);
      return *m.tensors.back();
    };
    const auto quantize = [](fb::TensorT& t, std::vector<float> scale, int32_t zero, int32_t low,
                             int axis) {
      t.quantization = std::make_unique<fb::QuantizationT>();
      t.quantization->scale = std::move(scale);
      t.quantization->zero_point = {zero};
      t.quantization->qmin = low;
      t.quantization->axis = axis;
      t.quantization->bits = low == 0 ? 7 : 8;
    };
    const auto constant = [&](fb::TensorT& t, std::size_t bytes) {
      t.buffer = static_cast<int>(m.buffers.size());
      m.buffers.push_back(std::make_unique<fb::BufferT>());
      for (std::size_t i = 0; i < bytes; ++i)
        m.buffers.back()->data.push_back(static_cast<uint8_t>(i * 41 + 3));
    };
    tensor("mel", fb::DataType::F32, {1, 3, -1}).dims = {"", "", "T"};
    quantize(tensor("x", fb::DataType::I8, {1, -1, 3}), {0.01F}, 5, 0, -1);
    fb::TensorT& w1 = tensor("w1", fb::DataType::I8, {5, 1, 3, 3});
    quantize(w1, {0.1F, 0.1F, 0.2F, 0.1F, 0.1F}, 0, -128, 0);
    constant(w1, 45);
    fb::TensorT& b1 = tensor("b1", fb::DataType::I32, {5});
    constant(b1, 20);
    m.buffers.back()->data.assign(20, 1);
    quantize(tensor("y", fb::DataType::I8, {1, -1, 5}), {0.5F}, 0, 0, -1);
    fb::TensorT& w2 = tensor("w2", fb::DataType::I8, {2, 1, 1, 5});
    quantize(w2, {0.1F, 0.3F}, 0, -128, 0);
    constant(w2, 10);
    tensor("z", fb::DataType::F32, {1, -1, 2});
    const auto op = [&](const char* name, auto options, std::vector<int32_t> inputs,
                        int32_t output) {
      m.operators.push_back(std::make_unique<fb::OperatorT>());
      m.operators.back()->name = name;
      m.operators.back()->options.Set(std::move(options));
      m.operators.back()->inputs = std::move(inputs);
      m.operators.back()->outputs = {output};
    };
    fb::QuantizeT quantize_options;
    quantize_options.perm = {0, 2, 1};
    op("quantize", quantize_options, {0}, 1);
    fb::Conv2DT conv;
    conv.pad_left = conv.pad_right = 1;
    op("conv1", conv, {1, 2, 3}, 4);
    op("conv2", fb::Conv2DT(), {4, 5}, 6);
    m.inputs = {0};
    m.outputs = {6};
    return m;
  }();
  return model;
}

Result<const fb::Model*> verify(const std::vector<uint8_t>& bytes) {
  return format::verify(bytes);
}

std::string refusal(const std::function<void(fb::ModelT&)>& change) {
  fb::ModelT model = small_model();
  change(model);
  const auto bytes = model_bytes(model);
  const auto result = verify(bytes);
  return result ? "accepted"
                : std::string(to_string(result.error().code)) + ": " + result.error().message;
}

TEST_CASE("verifier: a good model passes and runs", "[format]") {
  const auto bytes = model_bytes(small_model());
  const auto result = verify(bytes);
  if (!result)
    FAIL(result.error().message);
  auto session = runtime::Session::create(*runtime::Model::load(bytes));
  REQUIRE(session);
  const std::vector<runtime::Shape> shapes = {{1, 3, 9}};
  REQUIRE((*session)->prepare(shapes));
  REQUIRE((*session)->run());
  CHECK((*session)->output(0).shape == runtime::Shape{1, 9, 2});
}

TEST_CASE("verifier: what is wrong is said by name", "[format]") {
  CHECK_THAT(refusal([](auto& m) { m.version = 99; }),
             ContainsSubstring("unsupported-model") && ContainsSubstring("99"));
  CHECK_THAT(refusal([](auto& m) { m.features = {"telepathy"}; }),
             ContainsSubstring("unsupported-model") && ContainsSubstring("telepathy"));
  CHECK_THAT(refusal([](auto& m) { m.operators[1]->inputs[0] = 77; }),
             ContainsSubstring("invalid-model") && ContainsSubstring("conv1"));
  CHECK_THAT(refusal([](auto& m) { m.operators[1]->inputs = {1}; }), ContainsSubstring("conv1"));
  CHECK_THAT(refusal([](auto& m) { m.tensors[2]->buffer = 55; }), ContainsSubstring("w1"));
  CHECK_THAT(refusal([](auto& m) { m.buffers[0]->data.pop_back(); }), ContainsSubstring("w1"));
  CHECK_THAT(refusal([](auto& m) { m.tensors[2]->type = fb::DataType::I4; }),
             ContainsSubstring("w1") && ContainsSubstring("I4 takes 23"));
  CHECK_THAT(refusal([](auto& m) { m.tensors[1]->quantization->scale = {0.0F}; }),
             ContainsSubstring("'x'"));
  CHECK_THAT(refusal([](auto& m) { m.tensors[1]->quantization->scale = {__builtin_nanf("")}; }),
             ContainsSubstring("'x'"));
  CHECK_THAT(refusal([](auto& m) { m.tensors[1]->quantization->zero_point = {300}; }),
             ContainsSubstring("'x'"));
  CHECK_THAT(refusal([](auto& m) { m.tensors[2]->quantization->scale.pop_back(); }),
             ContainsSubstring("w1"));
  CHECK_THAT(refusal([](auto& m) { m.operators[1]->options.AsConv2D()->stride_w = 0; }),
             ContainsSubstring("conv1"));
  CHECK_THAT(refusal([](auto& m) { m.operators[1]->options.AsConv2D()->groups = 2; }),
             ContainsSubstring("conv1"));
  CHECK_THAT(refusal([](auto& m) { m.operators[1]->options.AsConv2D()->pad_left = -1; }),
             ContainsSubstring("conv1"));
  CHECK_THAT(refusal([](auto& m) { std::swap(m.operators[0], m.operators[1]); }),
             ContainsSubstring("invalid-model"));
  CHECK_THAT(refusal([](auto& m) { m.outputs = {99}; }), ContainsSubstring("invalid-model"));
  CHECK_THAT(refusal([](auto& m) {
               m.tensors[0]->shape = {1, 1 << 30, 1 << 30};
             }),
             ContainsSubstring("mel"));
  CHECK_THAT(refusal([](auto& m) {
               m.operators[0]->options.AsQuantize()->perm = {0, 1, 1};
             }),
             ContainsSubstring("quantize"));
  CHECK_THAT(refusal([](auto& m) { m.operators[2]->outputs = {2}; }),
             ContainsSubstring("invalid-model"));
}

/// Loads damaged bytes and, if they are still a model, runs it: nothing may crash, hang or read out
/// of bounds.
int survive(std::vector<uint8_t> bytes) {
  auto model = runtime::Model::load(std::move(bytes));
  if (!model)
    return 1;
  runtime::SessionOptions options;
  options.memory_limit = 1 << 22;
  auto session = runtime::Session::create(*model, options);
  if (!session)
    return 1;
  std::vector<runtime::Shape> shapes;
  for (const runtime::TensorInfo& input : (*model)->inputs()) {
    runtime::Shape shape = input.shape;
    for (int64_t& extent : shape)
      extent = extent < 0 ? 7 : extent;
    shapes.push_back(shape);
  }
  if (!(*session)->prepare(shapes))
    return 1;
  return (*session)->run() ? 0 : 1;
}

TEST_CASE("verifier: thousands of damaged files are refused or run, never worse", "[format]") {
  const auto original = model_bytes(small_model());
  const unsigned seed = 7;
  CAPTURE(seed);
  std::mt19937 random(seed);
  int refused = 0;
  constexpr int kRounds = 6000;
  for (int i = 0; i < kRounds; ++i) {
    std::vector<uint8_t> bytes = original;
    if (i % 3 == 0)
      bytes.resize(random() % original.size());
    const unsigned changes = i % 3 == 0 ? 0 : 1 + random() % 4;
    for (unsigned k = 0; k < changes; ++k) {
      constexpr uint8_t kTelling[] = {0, 1, 127, 128, 255};
      bytes[random() % bytes.size()] =
          random() % 2 ? kTelling[random() % 5] : static_cast<uint8_t>(random());
    }
    refused += survive(std::move(bytes));
  }
  CHECK(refused > kRounds / 3);
  CHECK(refused < kRounds);
}

TEST_CASE("verifier: bytes that never were a model", "[format]") {
  std::mt19937 random(3);
  for (const std::size_t size : {0, 1, 7, 8, 16, 100, 5000}) {
    std::vector<uint8_t> bytes(size);
    for (uint8_t& byte : bytes)
      byte = static_cast<uint8_t>(random());
    const auto result = verify(bytes);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::kInvalidModel);
  }
  const std::string html = "<!doctype html><title>404</title>";
  CHECK_FALSE(verify({html.begin(), html.end()}));
}

TEST_CASE("session: inputs that do not fit are refused, and the session stays usable",
          "[session]") {
  auto session = *runtime::Session::create(*runtime::Model::load(model_bytes(small_model())));
  const auto prepare = [&](std::vector<runtime::Shape> shapes) { return session->prepare(shapes); };
  CHECK_FALSE(session->run());
  CHECK_FALSE(prepare({}));
  CHECK_FALSE(prepare({{1, 3}}));
  CHECK_FALSE(prepare({{1, 4, 9}}));
  CHECK_FALSE(prepare({{1, 3, 0}}));
  CHECK_FALSE(prepare({{1, 3, -5}}));
  const auto wrong = prepare({{1, 4, 9}});
  CHECK(wrong.error().code == ErrorCode::kInvalidInput);
  CHECK_THAT(wrong.error().message, ContainsSubstring("mel") && ContainsSubstring("[1, 4, 9]"));
  const auto huge = prepare({{1, 3, 400'000'000}});
  REQUIRE_FALSE(huge);
  CHECK((huge.error().code == ErrorCode::kOutOfMemory ||
         huge.error().code == ErrorCode::kInvalidInput));
  REQUIRE(prepare({{1, 3, 5}}));
  CHECK(session->run());
}

TEST_CASE("session: a new length plans anew and equals a fresh session", "[session]") {
  const auto model = *runtime::Model::load(model_bytes(small_model()));
  auto reused = *runtime::Session::create(model);
  const auto run = [&](runtime::Session& session, int64_t frames) {
    const std::vector<runtime::Shape> shapes = {{1, 3, frames}};
    REQUIRE(session.prepare(shapes));
    auto* mel = reinterpret_cast<float*>(session.input(0).data());
    for (int64_t i = 0; i < 3 * frames; ++i)
      mel[i] = static_cast<float>(i % 11) * 0.1F;
    REQUIRE(session.run());
    const auto output = session.output(0);
    return std::vector<uint8_t>(output.data.begin(), output.data.end());
  };
  for (const int64_t frames : {1, 2, 3, 33, 7, 1, 64, 5}) {
    CAPTURE(frames);
    CHECK(run(*reused, frames) == run(**runtime::Session::create(model), frames));
  }
}

}  // namespace
}  // namespace edgy
