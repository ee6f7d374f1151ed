#include <algorithm>

#include "converter/error.h"
#include "converter/graph/arity.h"
#include "converter/graph/shape_inference.h"
#include "converter/passes/canonicalize.h"
#include "converter/passes/evaluate.h"
#include "converter/passes/passes.h"

namespace edgy::converter::passes {
namespace {

using graph::Graph;
using graph::kNone;
using graph::Node;

void make_constant(Graph& graph, int index, graph::Tensor tensor) {
  graph::Value& value = graph.value(graph.nodes[static_cast<std::size_t>(index)].outputs[0]);
  value.type = tensor.type;
  value.shape.emplace();
  for (int64_t extent : tensor.shape)
    value.shape->push_back(graph::fixed_dim(extent));
  value.constant = std::make_shared<const graph::Tensor>(std::move(tensor));
  graph.remove_node(index);
}

/// Moving axes moves the axis of a grid.
std::shared_ptr<const graph::Grid> moved_grid(const Graph& graph, const Node& node) {
  if (node.op != "Transpose" || !graph.value(node.inputs[0]).grid)
    return nullptr;
  const std::shared_ptr<const graph::Grid> grid = graph.value(node.inputs[0]).grid;
  graph::Grid moved = *grid;
  const std::vector<int64_t> perm = node.get_ints("perm");
  for (std::size_t i = 0; i < perm.size() && grid->axis >= 0; ++i) {
    if (perm[i] == grid->axis)
      moved.axis = static_cast<int>(i);
  }
  return std::make_shared<const graph::Grid>(std::move(moved));
}

/// A shape of which every entry that is used turned out to be a number.
bool fold_contents(Graph& graph, int index) {
  Node& node = graph.nodes[static_cast<std::size_t>(index)];
  const graph::Value& value = graph.value(node.outputs[0]);
  if (!value.contents || !value.shape || graph::is_float(value.type)) {
    return false;
  }
  const auto entries = graph::fixed_shape(*value.contents);
  const auto shape = graph::fixed_shape(*value.shape);
  if (!entries || !shape ||
      graph::checked_elements(*shape) != static_cast<int64_t>(entries->size())) {
    return false;
  }
  make_constant(graph, index,
                graph::cast(graph::reshaped(graph::make_ints(*entries), *shape), value.type));
  return true;
}

}  // namespace

int fold_constants(Graph& graph) {
  int folded = 0;
  for (int index : graph.order()) {
    Node& node = graph.nodes[static_cast<std::size_t>(index)];
    graph::check_arity(node);
    canonicalize(graph, node);
    graph::infer_node(graph, node);
    const bool single = node.outputs.size() == 1;
    const bool constant = std::all_of(
        node.inputs.begin(), node.inputs.end(),
        [&](graph::ValueId input) { return input != kNone && graph.is_constant(input); });
    if (single && constant) {
      Arguments arguments;
      for (graph::ValueId input : node.inputs)
        arguments.push_back(graph.value(input).constant);
      std::optional<graph::Tensor> result;
      try {
        result = evaluate(graph, node, arguments);
      } catch (const Error& error) {
        const std::string message = error.what();
        const std::string place = graph::describe(node);
        throw Error(message.starts_with(place) ? message : place + ": " + message);
      }
      if (result) {
        const graph::ValueId output = node.outputs[0];
        const auto grid = moved_grid(graph, node);
        make_constant(graph, index, std::move(*result));
        graph.value(output).grid = grid;
        ++folded;
        continue;
      }
    }
    folded += node.outputs.size() == 1 && fold_contents(graph, index) ? 1 : 0;
  }
  return folded;
}

}  // namespace edgy::converter::passes
