#include <cmath>

#include "converter/passes/match.h"
#include "converter/passes/passes.h"

namespace edgy::converter::passes {
namespace {

using graph::Graph;
using graph::kNone;
using graph::Node;
using graph::ValueId;

/// The x of erf(x / sqrt 2), or kNone.
ValueId scaled_argument(Graph& graph, ValueId argument) {
  if (const Node* div = producer_of(graph, argument, "Div");
      div != nullptr && is_scalar(graph, div->inputs[1], std::sqrt(2.0))) {
    return div->inputs[0];
  }
  if (const Node* mul = producer_of(graph, argument, "Mul")) {
    for (std::size_t i = 0; i < 2; ++i) {
      if (is_scalar(graph, mul->inputs[i], std::sqrt(0.5))) {
        return mul->inputs[1 - i];
      }
    }
  }
  return kNone;
}

/// The node that alone reads `id` if it is an `op`, and the operand beside `id`.
std::pair<int, ValueId> next(Graph& graph, ValueId id, std::string_view op) {
  if (!graph.has_single_use(id)) {
    return {-1, kNone};
  }
  const int reader = graph.consumers(id)[0];
  const Node& node = graph.nodes[static_cast<std::size_t>(reader)];
  if (node.op != op || node.inputs.size() != 2) {
    return {-1, kNone};
  }
  return {reader, node.inputs[0] == id ? node.inputs[1] : node.inputs[0]};
}

/// True if `id` is x * 0.5.
bool is_half(Graph& graph, ValueId id, ValueId x) {
  const Node* mul = producer_of(graph, id, "Mul");
  return mul != nullptr && ((mul->inputs[0] == x && is_scalar(graph, mul->inputs[1], 0.5)) ||
                            (mul->inputs[1] == x && is_scalar(graph, mul->inputs[0], 0.5)));
}

bool fuse_at(Graph& graph, int erf) {
  const Node node = graph.nodes[static_cast<std::size_t>(erf)];
  const ValueId x = scaled_argument(graph, node.inputs[0]);
  const auto [add, one] = next(graph, node.outputs[0], "Add");
  if (x == kNone || add < 0 || !is_scalar(graph, one, 1)) {
    return false;
  }
  bool has_x = false;
  bool has_half = false;
  ValueId at = graph.nodes[static_cast<std::size_t>(add)].outputs[0];
  while (!(has_x && has_half)) {
    const auto [mul, other] = next(graph, at, "Mul");
    if (mul < 0) {
      return false;
    }
    if (other == x && !has_x) {
      has_x = true;
    } else if (is_scalar(graph, other, 0.5) && !has_half) {
      has_half = true;
    } else if (!has_x && !has_half && is_half(graph, other, x)) {
      has_x = has_half = true;
    } else {
      return false;
    }
    at = graph.nodes[static_cast<std::size_t>(mul)].outputs[0];
  }
  graph.nodes[static_cast<std::size_t>(erf)].op = "Gelu";
  graph.replace_input(erf, 0, x);
  take_over(graph, erf, at);
  return true;
}

}  // namespace

int fuse_gelu(Graph& graph) {
  int fused = 0;
  for (int index : graph.order()) {
    const Node& node = graph.nodes[static_cast<std::size_t>(index)];
    if (!node.removed && node.op == "Erf") {
      fused += fuse_at(graph, index) ? 1 : 0;
    }
  }
  return fused;
}

}  // namespace edgy::converter::passes
