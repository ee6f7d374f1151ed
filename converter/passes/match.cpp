#include "converter/passes/match.h"

#include <cmath>

namespace edgy::converter::passes {

using graph::Graph;
using graph::Node;
using graph::ValueId;

Node* producer_of(Graph& graph, ValueId id, std::string_view op) {
  const int index = graph.producer(id);
  if (index < 0 || graph.nodes[static_cast<std::size_t>(index)].op != op) {
    return nullptr;
  }
  return &graph.nodes[static_cast<std::size_t>(index)];
}

std::optional<double> scalar(const Graph& graph, ValueId id) {
  if (!graph.is_constant(id) || graph.value(id).constant->elements() != 1) {
    return std::nullopt;
  }
  return graph::as_doubles(graph.constant(id))[0];
}

bool is_scalar(const Graph& graph, ValueId id, double expected) {
  const auto value = scalar(graph, id);
  return value && std::abs(*value - expected) <= 1e-3 * std::abs(expected);
}

int constant_operand(const Graph& graph, const Node& node) {
  if (node.inputs.size() != 2 ||
      graph.is_constant(node.inputs[0]) == graph.is_constant(node.inputs[1])) {
    return -1;
  }
  return graph.is_constant(node.inputs[0]) ? 0 : 1;
}

std::optional<std::vector<double>> per_channel(const Graph& graph, ValueId id, std::size_t rank,
                                               std::size_t axis, std::size_t channels) {
  if (!graph.is_constant(id)) {
    return std::nullopt;
  }
  const graph::Tensor& constant = graph.constant(id);
  if (constant.shape.size() > rank || !graph::is_float(constant.type)) {
    return std::nullopt;
  }
  std::vector<double> values = graph::as_doubles(constant);
  if (values.size() == 1) {
    return std::vector<double>(channels, values[0]);
  }
  for (std::size_t i = 0; i < constant.shape.size(); ++i) {
    if (constant.shape[i] != 1 && i + rank - constant.shape.size() != axis) {
      return std::nullopt;
    }
  }
  return values.size() == channels ? std::optional(std::move(values)) : std::nullopt;
}

bool reduces_last_axis(const Graph& graph, const Node& node) {
  const auto& shape = graph.value(node.inputs[0]).shape;
  const std::vector<int64_t> axes = node.get_ints("axes");
  return shape && !shape->empty() && axes.size() == 1 &&
         (axes[0] == -1 || axes[0] == static_cast<int64_t>(shape->size()) - 1);
}

ValueId new_value(Graph& graph, const std::string& hint, ValueId like, graph::DimShape shape) {
  graph::Value value;
  value.name = graph.unused_name(hint);
  value.type = graph.value(like).type;
  value.shape = std::move(shape);
  return graph.add_value(std::move(value));
}

void take_over(Graph& graph, int node, ValueId old_output) {
  const int before = graph.producer(old_output);
  if (before >= 0 && before != node) {
    graph.remove_node(before);
  }
  graph.set_output(node, 0, old_output);
}

}  // namespace edgy::converter::passes
