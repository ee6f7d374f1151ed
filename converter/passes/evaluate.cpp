#include "converter/passes/evaluate.h"

#include <algorithm>
#include <map>

namespace edgy::converter::passes {

using graph::Graph;
using graph::Node;
using graph::Tensor;

std::optional<Tensor> fold_none(const Node& /*node*/, const Arguments& /*arguments*/,
                                const std::vector<int64_t>& /*shape*/) {
  return std::nullopt;
}

std::optional<Tensor> fold_constant(const Node& node, const Arguments& /*arguments*/,
                                    const std::vector<int64_t>& /*shape*/) {
  if (node.has("value")) {
    return *node.get_tensor("value");
  }
  if (node.has("value_float")) {
    const float value = node.get_float("value_float", 0);
    return graph::make_floats({}, {&value, 1});
  }
  if (node.has("value_floats")) {
    const std::vector<float> values = node.get_floats("value_floats");
    return graph::make_floats({static_cast<int64_t>(values.size())}, values);
  }
  if (node.has("value_int")) {
    const int64_t value = node.get_int("value_int", 0);
    return graph::reshaped(graph::make_ints({&value, 1}), {});
  }
  if (node.has("value_ints")) {
    return graph::make_ints(node.get_ints("value_ints"));
  }
  graph::fail_at(node, "it has none of the attributes value, value_float(s) and value_int(s)");
}

namespace {

using Fold = std::optional<Tensor> (*)(const Node&, const Arguments&, const std::vector<int64_t>&);

Fold fold_of(const std::string& op) {
  static const std::map<std::string, Fold> table = {
#define EDGY_ONNX(name, domain, since, inputs, outputs, constants, shape, fold, ...) \
  {#name, fold_##fold},
#include "converter/graph/operators.inc"
  };
  const auto found = table.find(op);
  return found == table.end() ? fold_none : found->second;
}

/// Takes what a node costs off the budget: its operands and result in double precision, and the
/// result itself.
void spend(Graph& graph, const Node& node, const Arguments& arguments,
           const std::vector<int64_t>& extents) {
  const int64_t elements = graph::checked_elements(extents);
  const int64_t passes = std::max<int64_t>(1, static_cast<int64_t>(arguments.size()));
  int64_t operands = 0;
  for (const graph::TensorPtr& argument : arguments)
    operands += argument->elements();
  const int64_t bytes = 8 * (2 * elements + operands);
  const int64_t steps = elements * passes + operands + product_steps(node, arguments, extents);
  if (graph.fold_budget.spend(bytes, steps))
    return;
  const bool memory = bytes > graph.fold_budget.bytes();
  graph::fail_at(
      node,
      "computing this constant takes " +
          (memory
               ? std::to_string(bytes) + " bytes, " + std::to_string(graph.fold_budget.bytes())
               : std::to_string(steps) + " steps, " + std::to_string(graph.fold_budget.steps())) +
          " are left of what a file of this size is granted; raise --fold-limit "
          "if the model needs it");
}

}  // namespace

std::optional<Tensor> evaluate(Graph& graph, const Node& node, const Arguments& arguments) {
  const Fold fold = fold_of(node.op);
  if (fold == fold_none)
    return std::nullopt;
  if (fold == fold_constant)
    return fold(node, arguments, {});
  const auto& shape = graph.value(node.outputs[0]).shape;
  const auto extents = shape ? graph::fixed_shape(*shape) : std::nullopt;
  if (!extents || arguments.empty()) {
    return std::nullopt;
  }
  const graph::FoldBudget before = graph.fold_budget;
  spend(graph, node, arguments, *extents);
  if (auto result = fold(node, arguments, *extents))
    return result;
  graph.fold_budget = before;
  return std::nullopt;
}

}  // namespace edgy::converter::passes
