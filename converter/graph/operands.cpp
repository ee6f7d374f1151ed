#include "converter/graph/operands.h"

#include <set>

#include "converter/graph/arity.h"
#include "converter/text.h"

namespace edgy::converter::graph {
namespace {

/// What an operator reads an input as.
enum class Role {
  kScale,      ///< float, not empty
  kZeroPoint,  ///< integers, not empty
  kIntegers,   ///< quantized values: integers
  kRange,      ///< float, not empty, of any rank
  kList,       ///< axes, extents, pads: integers, rank 0 or 1
  kFloats,     ///< weights of operators that are float alone
};

using Roles = std::vector<std::pair<std::size_t, Role>>;

const std::map<std::string, Roles>& roles() {
  using enum Role;
  static const Roles binary = {{1, kScale},     {2, kZeroPoint}, {4, kScale},
                               {5, kZeroPoint}, {6, kScale},     {7, kZeroPoint}};
  static const Roles unary = {{1, kScale}, {2, kZeroPoint}, {3, kScale}, {4, kZeroPoint}};
  static const Roles product = {{0, kIntegers}, {1, kScale},     {2, kZeroPoint},
                                {3, kIntegers}, {4, kScale},     {5, kZeroPoint},
                                {6, kScale},    {7, kZeroPoint}, {8, kIntegers}};
  static const Roles integer = {{0, kIntegers}, {1, kIntegers}, {2, kZeroPoint}, {3, kZeroPoint}};
  static const Roles axes = {{1, kList}};
  static const Roles weights = {{1, kFloats}, {2, kFloats}, {3, kFloats}};
  static const std::map<std::string, Roles> table = {
      {"ConvInteger", integer},
      {"DequantizeLinear", {{0, kIntegers}, {1, kScale}, {2, kZeroPoint}}},
      {"Expand", axes},
      {"FakeQuantize", {{1, kRange}, {2, kRange}, {3, kRange}, {4, kRange}}},
      {"GRU", weights},
      {"LSTM", weights},
      {"MatMulInteger", integer},
      {"Pad", {{1, kList}, {3, kList}}},
      {"QGemm",
       {{0, kIntegers},
        {1, kScale},
        {2, kZeroPoint},
        {3, kIntegers},
        {4, kScale},
        {5, kZeroPoint},
        {6, kIntegers},
        {7, kScale},
        {8, kZeroPoint}}},
      {"QLinearAdd", binary},
      {"QLinearConv", product},
      {"QLinearGlobalAveragePool", unary},
      {"QLinearLeakyRelu", unary},
      {"QLinearMatMul", product},
      {"QLinearMul", binary},
      {"QLinearSigmoid", unary},
      {"QuantizeLinear", {{1, kScale}, {2, kZeroPoint}}},
      {"Reduce", axes},  // of every kind
      {"Reshape", axes},
      {"Slice", {{1, kList}, {2, kList}, {3, kList}, {4, kList}}},
      {"Split", axes},
      {"Squeeze", axes},
      {"Unsqueeze", axes},
  };
  return table;
}

std::string shown(const Tensor& tensor) {
  std::string text = std::string(to_string(tensor.type)) + " [";
  for (std::size_t i = 0; i < tensor.shape.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(tensor.shape[i]);
  return text + "]";
}

/// What would be right, if `tensor` is not.
const char* objection(const Tensor& tensor, Role role) {
  const bool floats = is_float(tensor.type);
  const bool integers = !floats && tensor.type != ElementType::kBool;
  const bool empty = tensor.elements() == 0;
  switch (role) {
    case Role::kScale:
      return floats && !empty ? nullptr : "a scale is expected: float32, with an element";
    case Role::kZeroPoint:
      return integers && !empty ? nullptr : "a zero point is expected: integers, with an element";
    case Role::kIntegers:
      return integers ? nullptr : "quantized values are expected: integers";
    case Role::kRange:
      return floats && !empty ? nullptr : "a range is expected: float32, with an element";
    case Role::kList:
      return integers && tensor.rank() <= 1 ? nullptr : "a list of integers is expected";
    case Role::kFloats:
      return tensor.type == ElementType::kFloat32 ? nullptr : "float32 is expected";
  }
  return nullptr;
}

void check_constants(const Graph& graph, const Node& node) {
  const auto found = roles().find(node.op.starts_with("Reduce") ? "Reduce" : node.op);
  if (found == roles().end())
    return;
  for (const auto& [input, role] : found->second) {
    const ValueId id = node.input(input);
    if (!graph.is_constant(id))
      continue;
    if (const char* expected = objection(graph.constant(id), role)) {
      fail_at(node, "its input " + std::to_string(input) + ", " + in_quotes(graph.value(id).name) +
                        ", is " + shown(graph.constant(id)) + "; " + expected);
    }
  }
}

/// Attributes that change nothing in a model that is not trained.
bool has_no_effect(const std::string& op, const std::string& attribute) {
  static const std::set<std::pair<std::string, std::string>> table = {
      {"BatchNormalization", "momentum"},  // of the running means
      {"Dropout", "ratio"},                // training alone
      {"Dropout", "seed"},
      {"GRU", "activation_alpha"},  // Sigmoid and Tanh have no parameters
      {"GRU", "activation_beta"},
      {"LSTM", "activation_alpha"},
      {"LSTM", "activation_beta"},
      {"MaxPool", "storage_order"}};  // of the indices, which are refused where they are read
  return table.contains({op, attribute});
}

/// What ONNX takes where an attribute that nobody asks for is left out.
std::optional<int64_t> default_of(const std::string& op, const std::string& attribute) {
  static const std::map<std::pair<std::string, std::string>, int64_t> table = {
      {{"BatchNormalization", "spatial"}, 1},    {{"Cast", "saturate"}, 1},
      {{"DequantizeLinear", "output_dtype"}, 0}, {{"LayerNormalization", "stash_type"}, 1},
      {{"QuantizeLinear", "precision"}, 0},      {{"QuantizeLinear", "saturate"}, 1},
  };
  const auto found = table.find({op, attribute});
  return found == table.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

void check_operands(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    if (node.removed)
      continue;
    check_arity(node);
    check_constants(graph, node);
  }
}

void check_attributes_read(const Graph& graph) {
  for (const std::shared_ptr<Source>& source : graph.sources) {
    for (const auto& [name, value] : source->unread) {
      const auto usual = default_of(source->op, name);
      const int64_t* number = std::get_if<int64_t>(&value);
      if (has_no_effect(source->op, name) || (usual && number != nullptr && *number == *usual))
        continue;
      throw Error(source->described + ": attribute " + in_quotes(name) + " is not supported" +
                  (usual ? " with this value; " + std::to_string(*usual) + " is" : "") +
                  ": the result would not depend on it");
    }
  }
}

}  // namespace edgy::converter::graph
