// ONNX files made to break the importer: every one is a typed error or a model that the runtime
// loads.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <random>
#include <set>

#include "converter/error.h"
#include "converter/graph/budget.h"
#include "converter/graph/operators.h"
#include "converter/onnx/import.h"
#include "converter/passes/passes.h"
#include "converter/text.h"
#include "tests/bench/models/graph.h"
#include "tests/unit/converter/onnx/onnx_models.h"

namespace edgy::converter {
namespace {

using Catch::Matchers::ContainsSubstring;
using graph::ElementType;
using onnx::TensorProto;

/// All that the converter knows of files, each name once, and one that nobody knows.
const std::vector<std::string>& operators() {
  static const std::vector<std::string> names = [] {
    std::set<std::string> all = {"NoSuchOperator"};
    for (const graph::OperatorInfo& info : graph::operators()) {
      if (info.domain != graph::Domain::kOwn)
        all.emplace(info.name);
    }
    return std::vector<std::string>(all.begin(), all.end());
  }();
  return names;
}

/// Constants of the three kinds of operands: float32, quantized (values, scale, zero point in
/// turn), integers.
std::string operand(SmallModel& model, int kind, std::size_t i) {
  std::string name = "c" + std::to_string(i);
  if (kind == 0)
    model.floats(name, {2, 2}, {1, 2, 3, 4});
  else if (kind == 2)
    model.ints(name, {1, 2});
  else if (i % 3 == 0)
    model.bytes(name, TensorProto::UINT8, {2, 2}, {1, 2, 3, 200});
  else if (i % 3 == 1)
    model.floats(name, {}, {0.5F});
  else
    model.bytes(name, TensorProto::UINT8, {}, {3});
  return name;
}

/// True if it converts; a CHECK fails if it is neither converted nor refused in words.
bool survives(const SmallModel& model) {
  try {
    return !converted(model).empty();
  } catch (const Error& error) {
    const std::string message = error.what();
    CHECK(message.size() > 20);
    CHECK(is_utf8(message));
    return false;
  }
}

TEST_CASE("every operator with every number of operands is refused or converts", "[onnx]") {
  int good = 0;
  int all = 0;
  for (const std::string& op : operators()) {
    for (int kind = 0; kind < 3; ++kind) {
      for (std::size_t count = 0; count < 10; ++count) {
        // None is left out, the first, the one in the middle, all but the first.
        for (int absent = 0; absent < (count > 0 ? 4 : 1); ++absent) {
          for (const std::size_t outputs : {1U, 4U}) {
            SmallModel model;
            model.input("x", {1, 2, 2, 2}).output("y", {1});
            std::vector<std::string> names;
            for (std::size_t i = 0; i < count; ++i)
              names.push_back(i == 0 && kind == 0 ? "x" : operand(model, kind, i));
            for (std::size_t i = 0; i < count; ++i) {
              if ((absent == 1 && i == 0) || (absent == 2 && i == count / 2) ||
                  (absent == 3 && i > 0))
                names[i] = "";
            }
            std::vector<std::string> made = {"y"};
            for (std::size_t i = 1; i < outputs; ++i)
              made.push_back("y" + std::to_string(i));
            model.node(op, names, made);
            CAPTURE(op, kind, count, absent, outputs);
            good += survives(model) ? 1 : 0;
            ++all;
          }
        }
      }
    }
  }
  CHECK(good > 100);
  CHECK(all - good > 10 * good);
}

TEST_CASE("parameters without elements are refused by name", "[onnx]") {
  const std::vector<std::vector<std::string>> cases = {
      {"QuantizeLinear", "x", "none"},
      {"QuantizeLinear", "x", "one", "no_bytes"},
      {"DequantizeLinear", "bytes", "none"},
      {"DequantizeLinear", "bytes", "one", "no_bytes"},
      {"MatMulInteger", "bytes", "bytes", "no_bytes"},
      {"FakeQuantize", "x", "none", "none", "none", "none"},
      {"QLinearMul", "bytes", "none", "zero", "bytes", "one", "zero", "one", "zero"}};
  for (const auto& line : cases) {
    SmallModel model;
    model.input("x", {2, 2}).output("y", {2, 2});
    model.floats("none", {0}, {}).floats("one", {}, {1});
    model.bytes("bytes", TensorProto::UINT8, {2, 2}, {1, 2, 3, 4});
    model.bytes("no_bytes", TensorProto::UINT8, {0}, {});
    model.bytes("zero", TensorProto::UINT8, {}, {1});
    model.node(line[0], {line.begin() + 1, line.end()}, {"y"});
    CAPTURE(line[0]);
    CHECK_THAT(refusal(model), ContainsSubstring("with an element") && ContainsSubstring(line[0]));
  }
}

/// Draws models of two nodes: any operators, operands and attributes.
class RandomModels {
 public:
  explicit RandomModels(unsigned seed) : random_(seed) {}

  SmallModel next() {
    SmallModel model(below(4) == 0 ? 11 : 18);
    model.input("x", {1, 4, 6}).input("t", {-3, 4, -1}).output("y", {1});
    names_ = {"x", "t", ""};
    add_constants(model);
    for (const char* result : {"h", "y"}) {
      const std::string& op = operators()[below(operators().size())];
      std::vector<std::string> inputs(1 + below(below(4) == 0 ? 9 : 2));
      for (std::string& input : inputs)
        input = below(3) == 0 ? "x" : names_[below(names_.size())];
      inputs[0] = std::string(result) == "y" && below(3) != 0 ? "h" : inputs[0];
      std::vector<std::string> outputs = {result};
      for (std::size_t i = below(8) == 0 ? below(4) : 0; i > 0; --i)
        outputs.push_back(result + std::to_string(i));
      add_attributes(model.node(op, inputs, outputs));
      names_.emplace_back(result);
    }
    return model;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  int64_t extent() {
    static const std::vector<int64_t> values = {0, 1, 1, 2, 3, 4, 4, 6, 24};
    return values[below(values.size())];
  }
  int64_t number() {
    static const std::vector<int64_t> values = {-9, -3, -2, -1, 0,       0,         1,
                                                1,  2,  3,  4,  1 << 20, INT64_MAX, INT64_MIN};
    return values[below(values.size())];
  }

  void add_constants(SmallModel& model) {
    static constexpr ElementType kTypes[] = {
        ElementType::kFloat32, ElementType::kFloat32, ElementType::kInt64, ElementType::kInt64,
        ElementType::kUint8,   ElementType::kInt8,    ElementType::kInt32, ElementType::kBool};
    for (int i = 0; i < 8; ++i) {
      std::vector<int64_t> shape(below(4));
      for (int64_t& e : shape)
        e = extent();
      graph::Tensor tensor = graph::make_tensor(kTypes[i], shape);
      for (uint8_t& byte : tensor.data)
        byte = static_cast<uint8_t>(below(3));
      if (kTypes[i] == ElementType::kFloat32) {
        for (float& value : tensor.values<float>())
          value = static_cast<float>(below(9)) / 4 - 1;
      } else if (kTypes[i] == ElementType::kInt64) {
        for (int64_t& value : tensor.values<int64_t>())
          value = number();
      }
      const std::string name = "c" + std::to_string(i);
      model.constant(name, tensor);
      names_.push_back(name);
    }
  }

  void add_attributes(onnx::NodeProto& node) {
    static const std::vector<const char*> kInts = {
        "axis",   "keepdims", "to",         "group",     "start",       "end",
        "transA", "transB",   "block_size", "ceil_mode", "hidden_size", "levels"};
    static const std::vector<const char*> kLists = {"axes",      "perm",         "pads",  "strides",
                                                    "dilations", "kernel_shape", "split", "starts",
                                                    "ends",      "steps"};
    for (std::size_t i = below(4) == 0 ? 1 + below(3) : 0; i > 0; --i) {
      if (below(2) == 0) {
        bench::set_int(node, kInts[below(kInts.size())], number());
        continue;
      }
      std::vector<int64_t> list(below(5));
      for (int64_t& entry : list)
        entry = below(2) == 0 ? static_cast<int64_t>(below(4)) : number();
      bench::set_ints(node, kLists[below(kLists.size())], list);
    }
  }

  std::mt19937 random_;
  std::vector<std::string> names_;
};

TEST_CASE("random pairs of nodes are refused or convert", "[onnx]") {
  const unsigned seed = 11;
  CAPTURE(seed);
  RandomModels models(seed);
  int good = 0;
  constexpr int kCases = 4000;
  for (int i = 0; i < kCases; ++i) {
    const SmallModel model = models.next();
    CAPTURE(i);
    good += survives(model) ? 1 : 0;
  }
  CHECK(good > kCases / 1000);
}

TEST_CASE("what a small file may fold to is bounded, and the bound can be raised", "[onnx]") {
  SmallModel model;
  model.input("x", {1}).output("y", {1});
  model.ints("shape", {1 << 12, 1 << 11}).ints("axes", {0, 1});
  model.node("ConstantOfShape", {"shape"}, {"zeros"});
  model.node("Exp", {"zeros"}, {"ones"});
  bench::set_int(model.node("ReduceMax", {"ones"}, {"one"}), "keepdims", 0);
  model.node("Mul", {"x", "one"}, {"y"});
  CHECK_THAT(refusal(model),
             ContainsSubstring("--fold-limit") && ContainsSubstring("ConstantOfShape1"));

  graph::Graph graph = onnx_import::import_model(model.file(), "small.onnx");
  graph.fold_budget = graph::FoldBudget::of_bytes(int64_t{1} << 30);
  CHECK_NOTHROW(passes::run_all(graph));

  // Steps are counted as well as bytes: a product of small matrices takes many.
  SmallModel product;
  product.input("x", {1}).output("y", {1});
  product.ints("shape", {1100, 1100});
  product.node("ConstantOfShape", {"shape"}, {"a"});
  product.node("MatMul", {"a", "a"}, {"b"});
  bench::set_int(product.node("ReduceMax", {"b"}, {"m"}), "keepdims", 0);
  product.node("Add", {"x", "m"}, {"y"});
  CHECK_THAT(refusal(product), ContainsSubstring("steps") && ContainsSubstring("MatMul2"));
}

TEST_CASE("names that are no UTF-8 are spelled out, or refused where programs need them",
          "[onnx]") {
  SmallModel node_name;
  node_name.input("x", {1}).output("y", {1});
  node_name.node("Relu", {"x"}, {"y"}).set_name("r\xff\x1b[31m");
  CHECK(refusal(node_name).empty());
  node_name.node("Nothing\x1b[2J", {"x"}, {"z"}).set_name("n\xff\n");
  node_name.output("z", {1});
  CHECK_THAT(refusal(node_name),
             ContainsSubstring("Nothing\\x1b[2J") && ContainsSubstring("'n\\xff\\n'"));
  CHECK(is_utf8(refusal(node_name)));

  SmallModel tensor_name;
  tensor_name.input("x", {1}).output("y", {1});
  tensor_name.node("Relu", {"x"}, {"h\xc3"});
  tensor_name.node("Sigmoid", {"h\xc3"}, {"y"});
  CHECK(refusal(tensor_name).empty());

  SmallModel output_name;
  output_name.input("x", {1}).output("y\xff", {1});
  output_name.node("Relu", {"x"}, {"y\xff"});
  CHECK_THAT(refusal(output_name), ContainsSubstring("no UTF-8") && ContainsSubstring("y\\xff"));
}

TEST_CASE("operators and attributes of the converter's own cannot come from a file", "[onnx]") {
  SmallModel own;
  own.input("x", {2, 2}).output("y", {2, 2}).floats("w", {}, {1});
  own.node("Linear", {"x", "w"}, {"y"});
  CHECK_THAT(refusal(own),
             ContainsSubstring("ai.onnx::Linear") && ContainsSubstring("not supported"));

  SmallModel attribute;
  attribute.input("x", {2, 2}).output("y", {2, 2});
  bench::set_float(attribute.node("Relu", {"x"}, {"y"}), ":activation_min", 3);
  CHECK_THAT(refusal(attribute), ContainsSubstring(":activation_min"));
}

}  // namespace
}  // namespace edgy::converter
