#include <algorithm>

#include "converter/passes/match.h"
#include "converter/passes/passes.h"

namespace edgy::converter::passes {
namespace {

using graph::Graph;
using graph::Node;

bool all_zero(const std::vector<int64_t>& values) {
  return std::all_of(values.begin(), values.end(), [](int64_t value) { return value == 0; });
}

/// Neutral constant on the right (or on either side, if the operator commutes).
bool is_neutral_arithmetic(const Graph& graph, const Node& node) {
  const int constant = constant_operand(graph, node);
  if (constant < 0) {
    return false;
  }
  const auto value = scalar(graph, node.inputs[static_cast<std::size_t>(constant)]);
  if (!value) {
    return false;
  }
  if (node.op == "Add")
    return *value == 0;
  if (node.op == "Mul")
    return *value == 1;
  if (constant != 1)
    return false;
  return (node.op == "Sub" && *value == 0) ||
         ((node.op == "Div" || node.op == "Pow") && *value == 1);
}

bool does_nothing(const Graph& graph, const Node& node) {
  const graph::Value& x = graph.value(node.inputs[0]);
  const graph::Value& y = graph.value(node.outputs[0]);
  if (node.op == "Identity" || (node.op == "Dropout" && node.get_int("training_mode", 0) == 0)) {
    return true;
  }
  const bool same_shape = x.shape && y.shape && *x.shape == *y.shape;
  if (node.op == "Cast") {
    return x.shape && y.shape && x.type == y.type;  // types are known once shapes are
  }
  if (!same_shape) {
    return false;
  }
  if (node.op == "Transpose") {
    const std::vector<int64_t> perm = node.get_ints("perm");
    return std::is_sorted(perm.begin(), perm.end());
  }
  if (node.op == "Reshape" || node.op == "Flatten" || node.op == "Squeeze" ||
      node.op == "Unsqueeze" || node.op == "Expand") {
    return true;
  }
  if (node.op == "Pad") {
    if (!node.has("pads") || !all_zero(node.get_ints("pads")))
      return false;
    // Asked for, so that they count as read: what to pad with is of no interest where nothing is.
    (void)node.has("mode");
    (void)node.has("value");
    return true;
  }
  if (node.op == "Slice") {
    const std::vector<int64_t> steps = node.get_ints("steps");
    return node.has("starts") &&
           std::all_of(steps.begin(), steps.end(), [](int64_t step) { return step == 1; });
  }
  if (node.op == "Concat") {
    return node.inputs.size() == 1;
  }
  const bool dynamic_second = node.inputs.size() == 2 && graph.is_constant(node.inputs[0]);
  return !dynamic_second && is_neutral_arithmetic(graph, node);
}

}  // namespace

int remove_identity(Graph& graph) {
  int removed = 0;
  for (int index : graph.order()) {
    Node& node = graph.nodes[static_cast<std::size_t>(index)];
    // A first input or output that is left out (an LSTM's Y) is no value to look at.
    if (node.input(0) == graph::kNone || node.outputs.empty() || node.outputs[0] == graph::kNone ||
        !does_nothing(graph, node)) {
      continue;
    }
    // Dropout's mask is of no use here, but somebody may read it.
    const bool mask_used =
        node.outputs.size() > 1 && node.outputs[1] != graph::kNone &&
        (!graph.consumers(node.outputs[1]).empty() || graph.is_output(node.outputs[1]));
    if (mask_used) {
      continue;
    }
    const graph::ValueId from = node.outputs[0];
    const graph::ValueId to = node.inputs[0];
    graph.remove_node(index);
    graph.replace_all_uses(from, to);
    ++removed;
  }
  return removed;
}

}  // namespace edgy::converter::passes
