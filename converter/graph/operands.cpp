#include "converter/graph/operands.h"

#include <algorithm>
#include <map>

#include "converter/graph/operators.h"
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

// The lists that operators.inc names.
namespace lists {
using enum Role;

Roles none() {
  return {};
}

Roles axes() {
  return {{1, kList}};
}

Roles pad() {
  return {{1, kList}, {3, kList}};
}

Roles slice() {
  return {{1, kList}, {2, kList}, {3, kList}, {4, kList}};
}

Roles recurrent_weights() {
  return {{1, kFloats}, {2, kFloats}, {3, kFloats}};
}

Roles quantizer() {
  return {{1, kScale}, {2, kZeroPoint}};
}

Roles dequantizer() {
  return {{0, kIntegers}, {1, kScale}, {2, kZeroPoint}};
}

Roles ranges() {
  return {{1, kRange}, {2, kRange}, {3, kRange}, {4, kRange}};
}

Roles integer_product() {
  return {{0, kIntegers}, {1, kIntegers}, {2, kZeroPoint}, {3, kZeroPoint}};
}

Roles quantized_unary() {
  return {{1, kScale}, {2, kZeroPoint}, {3, kScale}, {4, kZeroPoint}};
}

Roles quantized_binary() {
  return {{1, kScale}, {2, kZeroPoint}, {4, kScale}, {5, kZeroPoint}, {6, kScale}, {7, kZeroPoint}};
}

Roles quantized_product() {
  return {{0, kIntegers},  {1, kScale}, {2, kZeroPoint}, {3, kIntegers}, {4, kScale},
          {5, kZeroPoint}, {6, kScale}, {7, kZeroPoint}, {8, kIntegers}};
}

Roles quantized_gemm() {
  return {{0, kIntegers},  {1, kScale},    {2, kZeroPoint}, {3, kIntegers}, {4, kScale},
          {5, kZeroPoint}, {6, kIntegers}, {7, kScale},     {8, kZeroPoint}};
}

}  // namespace lists

const Roles& roles_of(const std::string& op) {
  static const std::map<std::string, Roles> table = {
#define EDGY_ONNX(name, domain, since, inputs, outputs, constants, ...) {#name, lists::constants()},
#include "converter/graph/operators.inc"
  };
  static const Roles nothing;
  const auto found = table.find(op);
  return found == table.end() ? nothing : found->second;
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
  for (const auto& [input, role] : roles_of(node.op)) {
    const ValueId id = node.input(input);
    if (!graph.is_constant(id))
      continue;
    if (const char* expected = objection(graph.constant(id), role)) {
      fail_at(node, "its input " + std::to_string(input) + ", " + in_quotes(graph.value(id).name) +
                        ", is " + shown(graph.constant(id)) + "; " + expected);
    }
  }
}

/// What the list says to have no effect; a value that would have one is refused (supported.h).
bool may_be_unread(const Source& source, const std::string& attribute) {
  const OperatorInfo* info = find_operator(source.op);
  if (info == nullptr)
    return true;  // a node that nothing reads
  const auto found =
      std::find_if(info->attributes.begin(), info->attributes.end(),
                   [&](const AttributeInfo& entry) { return entry.name == attribute; });
  return found == info->attributes.end() || found->cell.use == AttributeInfo::Use::kUnused ||
         found->cell.use == AttributeInfo::Use::kOnly;
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
      if (!may_be_unread(*source, name)) {
        throw Error(source->described + ": attribute " + in_quotes(name) +
                    " is not supported: the result would not depend on it");
      }
    }
  }
}

}  // namespace edgy::converter::graph
