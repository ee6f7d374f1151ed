#include <algorithm>

#include "converter/graph/operands.h"
#include "converter/graph/operators.h"
#include "converter/graph/shape_inference.h"
#include "converter/graph/supported.h"
#include "converter/passes/canonicalize.h"
#include "converter/passes/evaluate.h"
#include "converter/passes/passes.h"
#include "converter/rewrite/rewrite.h"

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
  std::vector<int64_t> entries;
  for (const graph::Affine& entry : *value.contents) {
    if (!entry.fixed())
      return false;
    entries.push_back(entry.offset);
  }
  const auto shape = graph::fixed_shape(*value.shape);
  if (!shape || graph::checked_elements(*shape) != static_cast<int64_t>(entries.size())) {
    return false;
  }
  make_constant(graph, index,
                graph::cast(graph::reshaped(graph::make_ints(entries), *shape), value.type));
  return true;
}

/// A Reshape to extents of which all is known but the numbers: each stays where it was, is a
/// number, or is what is left. Nothing needs to compute its shape while the model runs.
bool settle_reshape(Graph& graph, Node& node) {
  if (node.op != "Reshape" || graph.is_constant(node.inputs[1]))
    return false;
  const auto& from = graph.value(node.inputs[0]).shape;
  const auto& to = graph.value(node.outputs[0]).shape;
  if (!from || !to)
    return false;
  std::vector<int64_t> extents;
  bool inferred = false;
  for (std::size_t i = 0; i < to->size(); ++i) {
    const graph::Dim& extent = (*to)[i];
    if (extent.fixed() && extent.value > 0) {
      extents.push_back(extent.value);
    } else if (i < from->size() && (*from)[i] == extent) {
      extents.push_back(0);
    } else if (!inferred) {
      extents.push_back(-1);
      inferred = true;
    } else {
      return false;
    }
  }
  node.attributes.erase("allowzero");
  node.inputs.set(1, graph.add_constant(graph.value(node.inputs[1]).name + ":settled",
                                        graph::make_ints(extents)));
  return true;
}

bool fold_node(Graph& graph, int index) {
  Node& node = graph.nodes[static_cast<std::size_t>(index)];
  canonicalize(graph, node);
  graph::infer_node(graph, node);
  if (graph::find_operator(node.op) == nullptr)
    return false;
  if (node.outputs.size() != 1)
    return rewrite::rewrite_node(graph, index);
  const bool constant =
      std::all_of(node.inputs.begin(), node.inputs.end(),
                  [&](graph::ValueId input) { return input != kNone && graph.is_constant(input); });
  if (constant) {
    Arguments arguments;
    for (graph::ValueId input : node.inputs)
      arguments.push_back(graph.value(input).constant);
    if (std::optional<graph::Tensor> result = evaluate(graph, node, arguments)) {
      const graph::ValueId output = node.outputs[0];
      const auto grid = moved_grid(graph, node);
      make_constant(graph, index, std::move(*result));
      graph.value(output).grid = grid;
      return true;
    }
  }
  return fold_contents(graph, index) || settle_reshape(graph, node) ||
         rewrite::rewrite_node(graph, index);
}

}  // namespace

int fold_constants(Graph& graph) {
  graph::check_operands(graph);
  int folded = 0;
  graph::Refusals refusals;
  for (int index : graph.order()) {
    // A copy: the node may be gone when the message is made. What reads a node that is refused
    // knows no shape of it, and waits.
    const Node node = graph.nodes[static_cast<std::size_t>(index)];
    refusals.collect(node, [&] { folded += fold_node(graph, index) ? 1 : 0; });
  }
  refusals.say();
  return folded;
}

}  // namespace edgy::converter::passes
