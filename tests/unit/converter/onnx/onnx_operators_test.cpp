// Models of one or two operators against values worked out from ONNX's definitions.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <catch2/matchers/catch_matchers_vector.hpp>
#include <cmath>
#include <numeric>
#include <optional>

#include "converter/export/export.h"
#include "tests/bench/models/graph.h"
#include "tests/unit/converter/onnx/onnx_models.h"

namespace edgy::converter {
namespace {

using bench::set_float;
using bench::set_int;
using bench::set_ints;
using Catch::Matchers::Approx;
using Catch::Matchers::ContainsSubstring;
using onnx::TensorProto;

std::vector<float> counted(std::size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 0.0F);
  return values;
}

/// The one output of a model with the input x.
Tensor result(const SmallModel& model, const std::vector<int64_t>& shape,
              const std::vector<float>& values) {
  return run_model(model, {float_tensor(shape, values)}).at(0);
}

TEST_CASE("Shape gives the extents from start to end", "[onnx]") {
  struct Case {
    std::optional<int64_t> start;
    std::optional<int64_t> end;
    std::vector<int64_t> expected;
  };
  // x is [2, 3, 5]; both count from the end if negative and are brought into range.
  const std::vector<Case> cases = {{{}, {}, {2, 3, 5}}, {1, {}, {3, 5}},   {-1, {}, {5}},
                                   {{}, 1, {2}},        {{}, -1, {2, 3}},  {1, 2, {3}},
                                   {1, -1, {3}},        {-9, 9, {2, 3, 5}}};
  for (const Case& c : cases) {
    SmallModel model;
    const auto count = static_cast<int64_t>(c.expected.size());
    model.input("x", {2, 3, 5}).output("y", {count});
    auto& shape = model.node("Shape", {"x"}, {"s"});
    if (c.start)
      set_int(shape, "start", *c.start);
    if (c.end)
      set_int(shape, "end", *c.end);
    set_int(model.node("Cast", {"s"}, {"f"}), "to", TensorProto::FLOAT);
    set_ints(model.node("ReduceMean", {"x"}, {"m"}), "axes", {0, 1, 2});
    set_int(*model.proto().mutable_graph()->mutable_node(2), "keepdims", 0);
    model.node("Add", {"m", "f"}, {"y"});
    const std::vector<float> expected(c.expected.begin(), c.expected.end());
    CHECK(floats_of(result(model, {2, 3, 5}, std::vector<float>(30, 0))) == expected);
  }
}

TEST_CASE("attributes that would be ignored are errors, unless they are the default", "[onnx]") {
  const auto model = [](int64_t value, const char* attribute) {
    SmallModel small;
    small.input("x", {2, 3}).output("y", {2, 3});
    set_int(small.node("Softmax", {"x"}, {"y"}), attribute, value);
    return refusal(small);
  };
  CHECK(model(1, "axis").empty());
  CHECK_THAT(model(1, "temperature"),
             ContainsSubstring("Softmax") && ContainsSubstring("'temperature'"));

  SmallModel norm;
  norm.input("x", {2, 3}).output("y", {2, 3}).floats("g", {3}, {1, 1, 1});
  auto& node = norm.node("LayerNormalization", {"x", "g"}, {"y"});
  set_int(node, "stash_type", 1);
  CHECK(refusal(norm).empty());
  node.mutable_attribute(0)->set_i(11);
  CHECK_THAT(refusal(norm), ContainsSubstring("'stash_type'") && ContainsSubstring("1 is"));

  // What nothing depends on need not be read.
  SmallModel dead;
  dead.input("x", {2, 3}).output("y", {2, 3});
  set_int(dead.node("Sigmoid", {"x"}, {"unused"}), "colour", 1);
  dead.node("Relu", {"x"}, {"y"});
  CHECK(refusal(dead).empty());
}

TEST_CASE("Dropout does nothing, and is refused where it would", "[onnx]") {
  const auto model = [](const std::vector<std::string>& inputs) {
    SmallModel small;
    small.input("x", {4}).output("y", {4}).floats("ratio", {}, {0.5F});
    small.bytes("yes", TensorProto::BOOL, {}, {1}).bytes("no", TensorProto::BOOL, {}, {0});
    small.node("Dropout", inputs, {"h"});
    small.node("Relu", {"h"}, {"y"});
    return small;
  };
  CHECK(floats_of(result(model({"x", "ratio", "no"}), {4}, {1, 2, 3, 4})) ==
        std::vector<float>{1, 2, 3, 4});
  CHECK(refusal(model({"x", "ratio"})).empty());
  CHECK_THAT(refusal(model({"x", "ratio", "yes"})), ContainsSubstring("training mode"));
}

/// Range, scale and zero point of uint8 as ONNX defines them.
struct Dynamic {
  float scale;
  float zero;
};
Dynamic dynamic_range(const std::vector<float>& x) {
  const float low = std::min(0.0F, *std::min_element(x.begin(), x.end()));
  const float high = std::max(0.0F, *std::max_element(x.begin(), x.end()));
  const float scale = (high - low) / 255;
  return {scale, std::nearbyintf(std::clamp(-low / scale, 0.0F, 255.0F))};
}

TEST_CASE("DynamicQuantizeLinear's scale and zero point are scalars", "[onnx]") {
  SmallModel model;
  model.input("x", {1, 4, 5}).output("y", {4, 5}).output("s", {});
  model.node("DynamicQuantizeLinear", {"x"}, {"q", "s", "z"});
  set_int(model.node("Cast", {"q"}, {"qf"}), "to", TensorProto::FLOAT);
  model.node("Mul", {"qf", "s"}, {"m"});
  model.ints("shape", {4, 5});
  model.node("Reshape", {"m", "shape"}, {"y"});
  std::vector<float> x;
  for (int i = 0; i < 20; ++i)
    x.push_back(0.37F * static_cast<float>(i) - 2);
  const auto [scale, zero] = dynamic_range(x);
  const std::vector<Tensor> outputs = run_model(model, {float_tensor({1, 4, 5}, x)});
  CHECK(outputs.at(1).shape.empty());
  CHECK_THAT(floats_of(outputs[1]), Approx(std::vector<float>{scale}).epsilon(1e-6));
  std::vector<float> expected;
  for (const float value : x)
    expected.push_back((std::nearbyintf(value / scale) + zero) * scale);
  CHECK_THAT(floats_of(outputs[0]), Approx(expected).epsilon(1e-5));

  // As outputs they would have to be uint8, which nothing makes while running.
  for (const char* made : {"q", "z"}) {
    SmallModel bytes;
    bytes.input("x", {4}).output(made,
                                 made[0] == 'q' ? std::vector<int64_t>{4} : std::vector<int64_t>{},
                                 TensorProto::UINT8);
    bytes.node("DynamicQuantizeLinear", {"x"}, {"q", "s", "z"});
    CHECK_THAT(refusal(bytes), ContainsSubstring("uint8"));
  }
}

TEST_CASE("QGemm's alpha is a factor of the bias too", "[onnx]") {
  for (const float alpha : {1.0F, 0.5F, 2.0F}) {
    SmallModel model;
    model.input("x", {2, 2}).output("y", {2, 2});
    model.floats("sx", {}, {0.5F}).bytes("zx", TensorProto::UINT8, {}, {10});
    model.bytes("w", TensorProto::INT8, {2, 2}, {1, -2, 3, 4}).floats("sw", {}, {0.25F});
    model.bytes("zw", TensorProto::INT8, {}, {0});
    graph::Tensor bias = graph::make_tensor(graph::ElementType::kInt32, {2});
    bias.values<int32_t>()[0] = 40;
    bias.values<int32_t>()[1] = -8;
    model.constant("b", bias);
    model.floats("sy", {}, {0.125F}).bytes("zy", TensorProto::UINT8, {}, {100});
    model.node("QuantizeLinear", {"x", "sx", "zx"}, {"q"});
    set_float(model.node("QGemm", {"q", "sx", "zx", "w", "sw", "zw", "b", "sy", "zy"}, {"p"}),
              "alpha", alpha);
    model.node("DequantizeLinear", {"p", "sy", "zy"}, {"y"});
    // x is on the grid: q - 10 is 2, 4, -2, 6.
    const std::vector<float> sums = {2 * 1 + 4 * 3 + 40.0F, 2 * -2 + 4 * 4 - 8.0F,
                                     -2 * 1 + 6 * 3 + 40.0F, -2 * -2 + 6 * 4 - 8.0F};
    std::vector<float> expected;
    for (const float sum : sums)
      expected.push_back(alpha * 0.5F * 0.25F * sum);
    CHECK_THAT(floats_of(result(model, {2, 2}, {1, 2, -1, 3})), Approx(expected).margin(0.07));
  }
}

TEST_CASE("Squeeze without axes is refused where an extent may be one", "[onnx]") {
  const auto model = [](const std::vector<int64_t>& shape) {
    SmallModel small(11);
    small.input("x", shape).output("y", {4});
    small.node("Squeeze", {"x"}, {"s"});
    small.node("Relu", {"s"}, {"y"});
    return small;
  };
  CHECK(result(model({1, 2, 1, 4}), {1, 2, 1, 4}, counted(8)).shape == std::vector<int64_t>{2, 4});
  CHECK_THAT(refusal(model({1, -1, 1, 4})), ContainsSubstring("give its axes"));
}

TEST_CASE("products with vectors, constant or not", "[onnx]") {
  SmallModel right;  // [2, 3] x [3]
  right.input("x", {2, 3}).output("y", {2}).floats("v", {3}, {1, 10, 100});
  right.node("MatMul", {"x", "v"}, {"y"});
  const Tensor column = result(right, {2, 3}, counted(6));
  CHECK(column.shape == std::vector<int64_t>{2});
  CHECK(floats_of(column) == std::vector<float>{210, 543});

  SmallModel left;  // [2] x [2, 3]
  left.input("x", {2, 3}).output("y", {3}).floats("v", {2}, {1, 10});
  left.node("MatMul", {"v", "x"}, {"y"});
  const Tensor row = result(left, {2, 3}, counted(6));
  CHECK(row.shape == std::vector<int64_t>{3});
  CHECK(floats_of(row) == std::vector<float>{30, 41, 52});

  SmallModel both;  // [3] x [3], and [2, 3] x [3] of values of the model
  both.input("x", {2, 3}).input("v", {3}).output("y", {2}).output("z", {});
  both.node("MatMul", {"x", "v"}, {"y"});
  both.node("MatMul", {"v", "v"}, {"z"});
  const std::vector<Tensor> outputs =
      run_model(both, {float_tensor({2, 3}, counted(6)), float_tensor({3}, {1, 10, 100})});
  CHECK(floats_of(outputs.at(0)) == std::vector<float>{210, 543});
  CHECK(outputs.at(1).shape.empty());
  CHECK(floats_of(outputs[1]) == std::vector<float>{10101});
}

TEST_CASE("Max, Min, Sum and Mean of several inputs that broadcast", "[onnx]") {
  const auto model = [](const char* op) {
    SmallModel small;
    small.input("x", {2, 1}).input("z", {1, 3}).output("y", {2, 3});
    small.floats("c", {3}, {-1, 1, 4});
    small.node(op, {"x", "c", "z"}, {"y"});
    return floats_of(
        run_model(small, {float_tensor({2, 1}, {0, 3}), float_tensor({1, 3}, {2, -2, 5})}).at(0));
  };
  CHECK(model("Max") == std::vector<float>{2, 1, 5, 3, 3, 5});
  CHECK(model("Min") == std::vector<float>{-1, -2, 0, -1, -2, 3});
  CHECK(model("Sum") == std::vector<float>{1, -1, 9, 4, 2, 12});
  CHECK_THAT(
      model("Mean"),
      Approx(std::vector<float>{1 / 3.0F, -1 / 3.0F, 3, 4 / 3.0F, 2 / 3.0F, 4}).margin(1e-6));
}

TEST_CASE("Max of images whose axes the converter moved", "[onnx]") {
  SmallModel small;
  small.input("x", {1, 2, 4}).output("y", {1, 2, 4}).floats("w", {2, 2, 1}, {1, 0, 0, 1});
  small.floats("c", {2, 1}, {3, 5}).floats("d", {1}, {-9});
  small.node("Conv", {"x", "w"}, {"h"});
  small.node("Max", {"c", "h", "d"}, {"y"});
  CHECK(floats_of(result(small, {1, 2, 4}, counted(8))) ==
        std::vector<float>{3, 3, 3, 3, 5, 5, 6, 7});
}

TEST_CASE("Gather says which index is outside", "[onnx]") {
  const auto model = [](const std::vector<int64_t>& shape, int64_t index) {
    SmallModel small;
    small.input("x", shape).output("y", {1, 3}).scalar("i", index);
    set_int(small.node("Gather", {"x", "i"}, {"y"}), "axis", 2);
    return small;
  };
  CHECK_THAT(refusal(model({1, 3, 8}, 9)), ContainsSubstring("index 9 is outside -8..7"));
  CHECK(floats_of(result(model({1, 3, -1}, 5), {1, 3, 6}, counted(18))) ==
        std::vector<float>{5, 11, 17});
  CHECK_THROWS_WITH(result(model({1, 3, -1}, 9), {1, 3, 8}, counted(24)),
                    ContainsSubstring("index") && ContainsSubstring("outside -8..7"));
}

TEST_CASE("Softmax of old operator sets over axes of which one has entries", "[onnx]") {
  SmallModel model(11);
  model.input("x", {2, 1, 1, 2}).output("y", {2, 1, 1, 2});
  set_int(model.node("Softmax", {"x"}, {"y"}), "axis", 1);
  const float low = 1 / (1 + std::exp(1.0F));
  CHECK_THAT(floats_of(result(model, {2, 1, 1, 2}, {0, 1, 3, 2})),
             Approx(std::vector<float>{low, 1 - low, 1 - low, low}).margin(1e-6));
}

TEST_CASE("Pad by nothing is dropped, whatever it would pad with", "[onnx]") {
  SmallModel model;
  model.input("x", {1, 3}).output("y", {1, 3}).ints("pads", {0, 0, 0, 0});
  set_string(model.node("Pad", {"x", "pads"}, {"p"}), "mode", "reflect");
  model.node("Relu", {"p"}, {"y"});
  CHECK(floats_of(result(model, {1, 3}, {-1, 0, 1})) == std::vector<float>{0, 0, 1});
}

TEST_CASE("Pad of some axes", "[onnx]") {
  SmallModel model(18);
  model.input("x", {2, -1}).output("y", {2, -2}).ints("pads", {1, 2}).ints("axes", {-1});
  model.floats("value", {}, {9});
  model.node("Pad", {"x", "pads", "value", "axes"}, {"y"});
  CHECK(floats_of(result(model, {2, 2}, {1, 2, 3, 4})) ==
        std::vector<float>{9, 1, 2, 9, 9, 9, 3, 4, 9, 9});
}

TEST_CASE("weights with a scale of zero are zeros", "[onnx]") {
  for (const float scale : {0.0F, 1e-41F}) {
    SmallModel model;
    model.input("x", {1, 2}).output("y", {1, 2});
    model.bytes("w", TensorProto::INT8, {2, 2}, {1, 5, -3, 7});
    model.floats("s", {2}, {scale, 0.5F}).bytes("z", TensorProto::INT8, {2}, {0, 0});
    model.node("DequantizeLinear", {"w", "s", "z"}, {"f"});
    model.node("MatMul", {"x", "f"}, {"y"});
    CHECK_THAT(floats_of(result(model, {1, 2}, {1, 2})),
               Approx(std::vector<float>{0, 9.5F}).margin(1e-30));
  }
}

/// [B, T, 8] in heads: [B, T, 2, 4] by a shape that is put together from B and T.
SmallModel heads(const std::vector<int64_t>& shape) {
  SmallModel model;
  model.input("x", shape).output("y", {-3, 2, -1, 4});
  model.node("Shape", {"x"}, {"s"});
  model.scalar("0", 0).scalar("1", 1).ints("axis", {0}).ints("heads", {2, 4});
  std::vector<std::string> parts;
  for (const char* at : {"0", "1"}) {
    const std::string name = std::string("d") + at;
    model.node("Gather", {"s", at}, {name});
    model.node("Unsqueeze", {name, "axis"}, {name + "u"});
    parts.push_back(name + "u");
  }
  parts.emplace_back("heads");
  set_int(model.node("Concat", parts, {"target"}), "axis", 0);
  model.node("Reshape", {"x", "target"}, {"r"});
  set_ints(model.node("Transpose", {"r"}, {"y"}), "perm", {0, 2, 1, 3});
  return model;
}

TEST_CASE("shapes that are put together from dynamic extents", "[onnx]") {
  for (const std::vector<int64_t>& declared :
       {std::vector<int64_t>{-3, -1, 8}, std::vector<int64_t>{1, -1, 8}}) {
    const int64_t batch = declared[0] < 0 ? 2 : 1;
    const Tensor y =
        result(heads(declared), {batch, 3, 8}, counted(static_cast<std::size_t>(batch) * 24));
    CHECK(y.shape == std::vector<int64_t>{batch, 2, 3, 4});
    CHECK(floats_of(y)[4] == 8);  // [0, 0, 1, 0]
  }

  SmallModel view;  // x.view(x.size(0), -1)
  view.input("x", {-2, 3, 4}).output("y", {-2, 12}).ints("rest", {-1});
  set_int(view.node("Shape", {"x"}, {"n"}), "end", 1);
  set_int(view.node("Concat", {"n", "rest"}, {"target"}), "axis", 0);
  view.node("Reshape", {"x", "target"}, {"y"});
  CHECK(result(view, {5, 3, 4}, counted(60)).shape == std::vector<int64_t>{5, 12});

  SmallModel doubled;  // [T, 4] as [2 T, 2], and back
  doubled.input("x", {-1, 4}).output("y", {-1, 4}).ints("two", {2}).ints("four", {4});
  set_int(doubled.node("Shape", {"x"}, {"t"}), "end", 1);
  doubled.node("Mul", {"t", "two"}, {"t2"});
  set_int(doubled.node("Concat", {"t2", "two"}, {"wide"}), "axis", 0);
  doubled.node("Reshape", {"x", "wide"}, {"h"});
  doubled.node("Relu", {"h"}, {"r"});
  set_int(doubled.node("Concat", {"t", "four"}, {"back"}), "axis", 0);
  doubled.node("Reshape", {"r", "back"}, {"y"});
  CHECK(floats_of(result(doubled, {3, 4}, counted(12))) == counted(12));

  SmallModel impossible;  // two dynamic extents in one
  impossible.input("x", {-2, -1, 3, 4}).output("y", {-2, 12}).ints("rest", {4, 3});
  set_int(impossible.node("Shape", {"x"}, {"n"}), "end", 2);
  impossible.ints("order", {1, 0});
  impossible.node("Gather", {"n", "order"}, {"turned"});
  set_int(impossible.node("Concat", {"turned", "rest"}, {"target"}), "axis", 0);
  impossible.node("Reshape", {"x", "target"}, {"y"});
  CHECK_THAT(refusal(impossible), ContainsSubstring("--shape x=N,T,3,4 with numbers"));
}

TEST_CASE("comparisons and logic of constants are folded", "[onnx]") {
  const std::vector<std::pair<std::string, std::vector<float>>> cases = {
      {"LessOrEqual", {10, 10, -1}}, {"GreaterOrEqual", {-1, 10, 10}}, {"Less", {10, -1, -1}},
      {"Greater", {-1, -1, 10}},     {"Equal", {-1, 10, -1}},          {"And", {-1, 10, 10}},
      {"Or", {10, 10, 10}}};
  for (const auto& [op, expected] : cases) {
    SmallModel model;
    model.input("x", {3}).output("y", {3});
    if (op == "And" || op == "Or") {
      model.bytes("a", TensorProto::BOOL, {3}, {0, 1, 1});
      model.bytes("b", TensorProto::BOOL, {}, {1});
    } else {
      model.floats("a", {3}, {1, 2, 3}).floats("b", {}, {2});
    }
    model.floats("ten", {}, {10}).floats("minus", {}, {-1});
    model.node(op, {"a", "b"}, {"c"});
    model.node("Where", {"c", "ten", "minus"}, {"v"});
    model.node("Mul", {"x", "v"}, {"y"});
    CAPTURE(op);
    CHECK(floats_of(result(model, {3}, {1, 1, 1})) == expected);
    if (op == "And" || op == "Or")
      continue;
    SmallModel lacking;
    lacking.input("x", {3}).output("y", {3}, TensorProto::BOOL);
    lacking.node(op, {"x"}, {"y"});
    CHECK_THAT(refusal(lacking), ContainsSubstring("it has 1 inputs"));
  }
}

TEST_CASE("layers of constants are computed", "[onnx]") {
  SmallModel gemm;  // [2, 2] x [2, 2] turned, times 2, plus half of [2]
  gemm.input("x", {2, 2}).output("y", {2, 2});
  gemm.floats("a", {2, 2}, {1, 2, 3, 4}).floats("b", {2, 2}, {1, 0, 1, 1}).floats("c", {2}, {2, 4});
  auto& node = gemm.node("Gemm", {"a", "b", "c"}, {"g"});
  set_float(node, "alpha", 2);
  set_float(node, "beta", 0.5F);
  set_int(node, "transB", 1);
  gemm.node("Add", {"x", "g"}, {"y"});
  CHECK(floats_of(result(gemm, {2, 2}, {0, 0, 0, 0})) == std::vector<float>{3, 8, 7, 16});

  SmallModel conv;  // [1, 2, 4], two groups, three taps, two apart, one zero before
  conv.input("x", {1, 2, 1}).output("y", {1, 2, 1});
  conv.floats("a", {1, 2, 4}, counted(8)).floats("w", {2, 1, 3}, {1, 2, 3, 1, 1, 1});
  conv.floats("b", {2}, {100, 200});
  auto& window = conv.node("Conv", {"a", "w", "b"}, {"c"});
  set_int(window, "group", 2);
  set_ints(window, "dilations", {2});
  set_ints(window, "pads", {1, 0});
  conv.node("Add", {"x", "c"}, {"y"});
  // One position: taps at -1, 1, 3.
  CHECK(floats_of(result(conv, {1, 2, 1}, {0, 0})) ==
        std::vector<float>{100 + 2 * 1 + 3 * 3, 200 + 5 + 7});

  SmallModel batch;  // [2, 1, 2] x [2, 2] of constants
  batch.input("x", {2, 1, 2}).output("y", {2, 1, 2});
  batch.floats("a", {2, 1, 2}, {1, 2, 3, 4}).floats("b", {2, 2}, {1, 2, 3, 4});
  batch.node("MatMul", {"a", "b"}, {"m"});
  batch.node("Add", {"x", "m"}, {"y"});
  CHECK(floats_of(result(batch, {2, 1, 2}, {0, 0, 0, 0})) == std::vector<float>{7, 10, 15, 22});

  SmallModel pool;  // said, where it is not done
  pool.input("x", {1, 1, 2}).output("y", {1, 1, 2}).floats("a", {1, 1, 4}, counted(4));
  set_ints(pool.node("MaxPool", {"a"}, {"p"}), "kernel_shape", {3});
  pool.node("Add", {"x", "p"}, {"y"});
  CHECK_THAT(refusal(pool), ContainsSubstring("constants alone"));
}

TEST_CASE("recurrent layers with a constant state", "[onnx]") {
  for (const bool lstm : {true, false}) {
    for (const int64_t steps : {int64_t{1}, int64_t{3}}) {
      const int64_t gates = lstm ? 4 : 3;
      SmallModel model;
      model.input("x", {steps, 1, 1}).output("y", {1, 1, 1});
      const auto count = static_cast<std::size_t>(gates);
      model.floats("w", {1, gates, 1}, std::vector<float>(count, 0.5F));
      model.floats("r", {1, gates, 1}, std::vector<float>(count, 0.25F));
      model.floats("h", {1, 1, 1}, {0.5F}).floats("c", {1, 1, 1}, {-0.5F});
      std::vector<std::string> inputs = {"x", "w", "r", "", "", "h"};
      if (lstm)
        inputs.emplace_back("c");
      set_int(model.node(lstm ? "LSTM" : "GRU", inputs, {"", "y"}), "hidden_size", 1);
      double h = 0.5;
      double c = -0.5;
      const auto open = [](double v) { return 1 / (1 + std::exp(-v)); };
      for (int64_t t = 0; t < steps; ++t) {
        const double sum = 0.5 + 0.25 * h;  // x is 1
        if (lstm) {
          c = open(sum) * c + open(sum) * std::tanh(sum);
          h = open(sum) * std::tanh(c);
        } else {
          const double candidate = std::tanh(0.5 + 0.25 * (open(sum) * h));
          h = (1 - open(sum)) * candidate + open(sum) * h;
        }
      }
      CAPTURE(lstm, steps);
      CHECK_THAT(floats_of(result(model, {steps, 1, 1},
                                  std::vector<float>(static_cast<std::size_t>(steps), 1))),
                 Approx(std::vector<float>{static_cast<float>(h)}).margin(1e-5));
    }
  }
}

TEST_CASE("a model that the runtime would not plan is not written", "[onnx]") {
  SmallModel small;
  small.input("x", {2, -1}).output("y", {2, -1});
  small.node("Relu", {"x"}, {"y"});
  const std::vector<uint8_t> bytes = converted(small);
  format::fb::ModelT model;
  format::fb::GetModel(bytes.data())->UnPackTo(&model);
  CHECK_NOTHROW(serialize(model));
  model.tensors[static_cast<std::size_t>(model.outputs[0])]->shape[0] = 3;
  CHECK_THROWS_WITH(serialize(model), ContainsSubstring("cannot be run"));
}

}  // namespace
}  // namespace edgy::converter
