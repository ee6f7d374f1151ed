// Inputs without values: a cache that holds nothing yet, a recording of no frames.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <utility>

#include "tests/loader/attempt.h"
#include "tests/loader/operator_models.h"

namespace edgy {
namespace {

using runtime::Session;
using runtime::Shape;
using tests::ModelBuilder;
using Type = tests::fb::DataType;
namespace fb = tests::fb;

std::unique_ptr<Session> session_of(const ModelBuilder& builder) {
  return *Session::create(*runtime::Model::load(tests::bytes_of(builder.model)));
}

/// Float inputs; each has the values 1, 2, 3, ...
Result<std::vector<float>> run(Session& session, const std::vector<Shape>& shapes) {
  if (auto ready = session.prepare(shapes); !ready)
    return tl::unexpected(ready.error());
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const std::span<uint8_t> bytes = session.input(i);
    auto* values = reinterpret_cast<float*>(bytes.data());
    for (std::size_t k = 0; k < bytes.size() / sizeof(float); ++k)
      values[k] = static_cast<float>(k + 1);
  }
  if (auto ran = session.run(); !ran)
    return tl::unexpected(ran.error());
  const auto view = session.output(0);
  const auto* values = reinterpret_cast<const float*>(view.data.data());
  return std::vector<float>(values, values + view.data.size() / sizeof(float));
}

/// x (and more) -> y by one operator.
template <typename Options>
ModelBuilder one(Options options, const std::vector<std::vector<int32_t>>& inputs,
                 std::vector<int32_t> y) {
  ModelBuilder b;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    b.model.inputs.push_back(b.activation("x" + std::to_string(i), Type::F32, inputs[i]));
  const int result = b.activation("y", Type::F32, std::move(y));
  b.op(std::move(options), b.model.inputs, {result});
  b.model.outputs = {result};
  return b;
}

TEST_CASE("empty: every operator computes nothing, or says why there is nothing to compute",
          "[empty]") {
  // What has a fixed shape has no empty input; windows with padding would see padding alone.
  const std::map<std::string, std::string> refused = {
      {"conv", "too short"},
      {"conv-f16", "too short"},
      {"conv-int8", "too short"},
      {"conv-image", "too short"},
      {"conv-depthwise", "too short"},
      {"conv-int4", "too short"},
      {"pool", "too short"},
      {"pool-int8", "too short"},
      {"pool-mean-int8", "too short"},
      {"pad", "repeated"},
      {"gather", ""},
      {"gather-f16", ""},
  };
  for (const tests::OperatorModel& base : tests::operator_models()) {
    CAPTURE(base.name);
    const std::vector<uint8_t> file = tests::bytes_of(base.model);
    const tests::Attempt found = tests::attempt(file, tests::tight_options(), 0);
    CAPTURE(found.message);
    const auto refusal = refused.find(base.name);
    const bool runs = refusal == refused.end() || refusal->second.empty();
    CHECK(found.code == (runs ? "runs" : "invalid-input"));
    if (!runs)
      CHECK(found.message.find(refusal->second) != std::string::npos);
    // States that outlive no step are what they were; all else is empty.
    const bool has_state = base.name == "lstm" || base.name == "gru";
    if (refusal == refused.end())
      CHECK(found.outputs.empty() != has_state);
  }
}

TEST_CASE("empty: a session goes on with what has values, and back", "[empty]") {
  for (const tests::OperatorModel& base : tests::operator_models()) {
    CAPTURE(base.name);
    const auto session = *Session::create(*runtime::Model::load(tests::bytes_of(base.model)));
    const auto answer = [&] {
      REQUIRE(session->prepare(tests::usual_shapes(session->model())));
      tests::fill_inputs(*session);
      REQUIRE(session->run());
      const auto data = session->output(0).data;
      return std::vector<uint8_t>(data.begin(), data.end());
    };
    const std::vector<uint8_t> before = answer();
    const bool ready = bool(session->prepare(tests::usual_shapes(session->model(), 0)));
    CHECK(bool(session->run()) == ready);
    CHECK(answer() == before);
  }
}

TEST_CASE("empty: a cache of nothing and a frame", "[empty]") {
  fb::ConcatT concat;
  concat.axis = 1;
  const auto session = session_of(one(concat, {{1, -1, 2}, {1, 1, 2}}, {1, -1, 2}));
  CHECK(*run(*session, {{1, 0, 2}, {1, 1, 2}}) == std::vector<float>{1, 2});
  CHECK(*run(*session, {{1, 1, 2}, {1, 1, 2}}) == std::vector<float>{1, 2, 1, 2});
  CHECK(session->output(0).shape == Shape{1, 2, 2});
}

TEST_CASE("empty: heads of a cache of nothing", "[empty]") {
  fb::ReshapeT reshape;
  reshape.shape = {0, 0, 3, -1};
  const auto session = session_of(one(reshape, {{1, -1, 6}}, {1, -1, 3, -1}));
  CHECK(run(*session, {{1, 0, 6}})->empty());
  CHECK(session->output(0).shape == Shape{1, 0, 3, 2});
  CHECK(run(*session, {{1, 2, 6}})->size() == 12);
  reshape.shape = {-1, 4};
  const auto flat = session_of(one(reshape, {{1, -1, 6}}, {-1, 4}));
  CHECK(run(*flat, {{1, 0, 6}})->empty());
  CHECK(flat->output(0).shape == Shape{0, 4});
  CHECK_FALSE(run(*flat, {{1, 3, 6}}));  // 18 values are no rows of 4
}

TEST_CASE("empty: products over nothing are 0", "[empty]") {
  const auto session = session_of(one(fb::MatMulT(), {{1, 2, -1}, {1, -1, 9}}, {1, 2, 9}));
  CHECK(*run(*session, {{1, 2, 0}, {1, 0, 9}}) == std::vector<float>(18, 0));
  fb::MatMulT turned;
  turned.transpose_a = turned.transpose_b = true;
  const auto other = session_of(one(turned, {{1, -1, 2}, {1, 9, -1}}, {1, 2, 9}));
  CHECK(*run(*other, {{1, 0, 2}, {1, 9, 0}}) == std::vector<float>(18, 0));
}

TEST_CASE("empty: a sum of nothing is 0; there is no greatest, least or mean of nothing",
          "[empty]") {
  fb::ReduceT reduce;
  reduce.axes = {1};
  reduce.kind = fb::ReduceKind::Sum;
  CHECK(*run(*session_of(one(reduce, {{2, -1, 3}}, {2, 1, 3})), {{2, 0, 3}}) ==
        std::vector<float>(6, 0));
  for (const auto kind : {fb::ReduceKind::Mean, fb::ReduceKind::Max, fb::ReduceKind::Min}) {
    reduce.kind = kind;
    const auto session = session_of(one(reduce, {{-1, -1, 3}}, {-1, 1, 3}));
    const auto refused = run(*session, {{2, 0, 3}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kInvalidInput);
    CHECK(refused.error().message.find("of no values") != std::string::npos);
    CHECK(run(*session, {{0, 0, 3}})->empty());  // and nobody asks for one
  }
}

TEST_CASE("empty: padding with a constant makes values of none", "[empty]") {
  fb::PadT pad;
  pad.before = {0, 1};
  pad.after = {0, 2};
  pad.value = 7;
  CHECK(*run(*session_of(one(pad, {{2, -1}}, {2, -1})), {{2, 0}}) == std::vector<float>(6, 7));
}

TEST_CASE("empty: what is broadcast over nothing is nothing", "[empty]") {
  const auto session = session_of(one(fb::BinaryT(), {{-1, 3}, {1, 3}}, {-1, 3}));
  CHECK(run(*session, {{0, 3}, {1, 3}})->empty());
  CHECK(session->output(0).shape == Shape{0, 3});
}

TEST_CASE("empty: an index into nothing is an error of the run", "[empty]") {
  ModelBuilder b;
  b.activation("x", Type::F32, {-1, 2});
  const int indices = b.constant("i", Type::I64, {1});
  const int y = b.activation("y", Type::F32, {1, 2});
  b.op(fb::GatherT(), {0, indices}, {y});
  b.model.inputs = {0};
  b.model.outputs = {y};
  const auto session = session_of(b);
  const auto refused = run(*session, {{0, 2}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("no values") != std::string::npos);
  CHECK(*run(*session, {{1, 2}}) == std::vector<float>{1, 2});
}

TEST_CASE("empty: a slice past the end is empty", "[empty]") {
  fb::SliceT slice;
  slice.axes = {0};
  slice.starts = {3};
  slice.ends = {9};
  slice.steps = {1};
  const auto session = session_of(one(slice, {{-1, 2}}, {-1, 2}));
  CHECK(run(*session, {{3, 2}})->empty());
  CHECK(*run(*session, {{4, 2}}) == std::vector<float>{7, 8});
}

TEST_CASE("empty: layers of one tap pass nothing on", "[empty]") {
  for (const Type type : {Type::F32, Type::I8}) {
    ModelBuilder b;
    int x = b.activation("x", Type::F32, {1, -1, 4});
    b.model.inputs = {x};
    if (type == Type::I8) {
      x = b.activation("q", Type::I8, {1, -1, 4});
      b.quantize(x, {0.05F}, 3);
      b.op(fb::QuantizeT(), {0}, {x});
    }
    const int w = b.constant("w", type, {4, 1, 1, 4});
    if (type == Type::I8)
      b.quantize(w, {0.1F});
    const int y = b.activation("y", Type::F32, {1, -1, 4});
    b.op(fb::Conv2DT(), {x, w}, {y});
    b.model.outputs = {y};
    const auto session = session_of(b);
    CHECK(run(*session, {{1, 0, 4}})->empty());
    CHECK(session->output(0).shape == Shape{1, 0, 4});
    CHECK(run(*session, {{1, 3, 4}})->size() == 12);
  }
}

}  // namespace
}  // namespace edgy
