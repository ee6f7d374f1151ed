#include "converter/passes/evaluate.h"

namespace edgy::converter::passes {

using graph::Graph;
using graph::Node;
using graph::Tensor;

namespace {

std::optional<Tensor> evaluate_constant(const Node& node) {
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

}  // namespace

std::optional<Tensor> evaluate(const Graph& graph, const Node& node, const Arguments& arguments) {
  if (node.op == "Constant") {
    return evaluate_constant(node);
  }
  const auto& shape = graph.value(node.outputs[0]).shape;
  const auto extents = shape ? graph::fixed_shape(*shape) : std::nullopt;
  if (!extents) {
    return std::nullopt;
  }
  if (auto moved = evaluate_movement(node, arguments, *extents)) {
    return moved;
  }
  return evaluate_arithmetic(node, arguments, *extents);
}

}  // namespace edgy::converter::passes
