#include "converter/passes/match.h"
#include "converter/passes/passes.h"

namespace edgy::converter::passes {
namespace {

using graph::Graph;
using graph::kNone;
using graph::Node;
using graph::ValueId;

/// The x of x - mean(x) over the last axis, or kNone.
ValueId centred(Graph& graph, ValueId difference) {
  const Node* sub = producer_of(graph, difference, "Sub");
  if (sub == nullptr) {
    return kNone;
  }
  const ValueId x = sub->inputs[0];
  const Node* mean = producer_of(graph, sub->inputs[1], "ReduceMean");
  return mean != nullptr && mean->inputs[0] == x && mean->get_int("keepdims", 1) != 0 &&
                 reduces_last_axis(graph, *mean)
             ? x
             : kNone;
}

/// The d of d * d or d ^ 2, or kNone.
ValueId squared(Graph& graph, ValueId square) {
  if (const Node* pow = producer_of(graph, square, "Pow")) {
    return is_scalar(graph, pow->inputs[1], 2) ? pow->inputs[0] : kNone;
  }
  const Node* mul = producer_of(graph, square, "Mul");
  return mul != nullptr && mul->inputs[0] == mul->inputs[1] ? mul->inputs[0] : kNone;
}

/// epsilon if `deviation` is sqrt(mean((x - mean(x))^2) + epsilon) over the last axis.
std::optional<double> deviation_of(Graph& graph, ValueId deviation, ValueId x) {
  const Node* sqrt = producer_of(graph, deviation, "Sqrt");
  const Node* add = sqrt == nullptr ? nullptr : producer_of(graph, sqrt->inputs[0], "Add");
  if (add == nullptr) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < 2; ++i) {
    const auto epsilon = scalar(graph, add->inputs[i]);
    const Node* mean = producer_of(graph, add->inputs[1 - i], "ReduceMean");
    if (!epsilon || mean == nullptr || !reduces_last_axis(graph, *mean) ||
        mean->get_int("keepdims", 1) == 0) {
      continue;
    }
    const ValueId difference = squared(graph, mean->inputs[0]);
    if (difference != kNone && centred(graph, difference) == x) {
      return epsilon;
    }
  }
  return std::nullopt;
}

/// A vector over the last axis that `id` is multiplied with (or added to) by its only reader.
struct Operand {
  int node = -1;
  ValueId constant = kNone;
};

Operand next_vector(Graph& graph, ValueId id, std::string_view op, std::size_t channels) {
  if (!graph.has_single_use(id)) {
    return {};
  }
  const int reader = graph.consumers(id)[0];
  const Node& node = graph.nodes[static_cast<std::size_t>(reader)];
  const int constant = node.op == op ? constant_operand(graph, node) : -1;
  if (constant < 0) {
    return {};
  }
  const ValueId vector = node.inputs[static_cast<std::size_t>(constant)];
  const std::size_t rank = graph.shape(id).size();
  const auto values = per_channel(graph, vector, rank, rank - 1, channels);
  if (!values) {
    return {};
  }
  const std::vector<float> narrow(values->begin(), values->end());
  return {reader, graph.add_constant(graph.value(vector).name,
                                     graph::make_floats({static_cast<int64_t>(channels)}, narrow))};
}

bool fuse_at(Graph& graph, int div) {
  const Node node = graph.nodes[static_cast<std::size_t>(div)];
  const ValueId x = centred(graph, node.inputs[0]);
  if (x == kNone || graph.shape(x).empty() || !graph.shape(x).back().fixed()) {
    return false;
  }
  const auto epsilon = deviation_of(graph, node.inputs[1], x);
  if (!epsilon) {
    return false;
  }
  const auto channels = static_cast<std::size_t>(graph.shape(x).back().value);
  ValueId result = node.outputs[0];
  const Operand gamma = next_vector(graph, result, "Mul", channels);
  ValueId scale = gamma.constant;
  if (gamma.node >= 0) {
    result = graph.nodes[static_cast<std::size_t>(gamma.node)].outputs[0];
  } else {
    const std::vector<float> ones(channels, 1.0F);
    scale = graph.add_constant(graph.value(result).name + ":ones",
                               graph::make_floats({static_cast<int64_t>(channels)}, ones));
  }
  const Operand beta = next_vector(graph, result, "Add", channels);
  if (beta.node >= 0) {
    result = graph.nodes[static_cast<std::size_t>(beta.node)].outputs[0];
  }
  Node norm = node;
  norm.op = "LayerNormalization";
  norm.attributes = {{"axis", int64_t{-1}}, {"epsilon", static_cast<float>(*epsilon)}};
  norm.inputs = {x, scale};
  norm.source = nullptr;
  if (beta.node >= 0) {
    norm.inputs.push_back(beta.constant);
  }
  graph.remove_node(div);
  graph.add_node(std::move(norm));
  take_over(graph, static_cast<int>(graph.nodes.size()) - 1, result);
  return true;
}

}  // namespace

int fuse_layer_norm(Graph& graph) {
  int fused = 0;
  for (int index : graph.order()) {
    const Node& node = graph.nodes[static_cast<std::size_t>(index)];
    if (!node.removed && node.op == "Div" && graph.value(node.outputs[0]).shape) {
      fused += fuse_at(graph, index) ? 1 : 0;
    }
  }
  return fused;
}

}  // namespace edgy::converter::passes
