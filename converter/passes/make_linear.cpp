#include "converter/passes/match.h"
#include "converter/passes/passes.h"

namespace edgy::converter::passes {
namespace {

using graph::DimShape;
using graph::Graph;
using graph::Node;
using graph::ValueId;

/// Appends a Transpose of the last two axes; returns its output.
ValueId add_swap(Graph& graph, ValueId x, const Node& origin) {
  DimShape shape = graph.shape(x);
  std::vector<int64_t> perm;
  for (std::size_t i = 0; i < shape.size(); ++i)
    perm.push_back(static_cast<int64_t>(i));
  std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
  Node node;
  node.name = origin.name;
  node.index = origin.index;
  node.op = "Transpose";
  node.attributes["perm"] = perm;
  node.inputs = {x};
  node.outputs = {new_value(graph, graph.value(x).name + ":swapped", x, std::move(shape))};
  const ValueId result = node.outputs[0];
  graph.add_node(std::move(node));
  return result;
}

ValueId add_binary(Graph& graph, const char* op, ValueId a, ValueId b, DimShape shape,
                   const Node& origin) {
  Node node;
  node.name = origin.name;
  node.index = origin.index;
  node.op = op;
  node.inputs = {a, b};
  node.outputs = {
      new_value(graph, graph.value(origin.outputs[0]).name + ":" + op, a, std::move(shape))};
  const ValueId result = node.outputs[0];
  graph.add_node(std::move(node));
  return result;
}

bool is_matrix(const Graph& graph, ValueId id) {
  return graph.is_constant(id) && graph.constant(id).rank() == 2 &&
         graph.value(id).type == graph::ElementType::kFloat32;
}

/// Lets `rows`, made from `source` by exchanging its two axes or not, lie on the same grid.
void keep_grid(Graph& graph, ValueId source, ValueId rows, bool exchanged) {
  if (!graph.value(source).grid)
    return;
  graph::Grid grid = *graph.value(source).grid;
  if (exchanged && grid.axis >= 0)
    grid.axis = 1 - grid.axis;
  graph.value(rows).grid = std::make_shared<const graph::Grid>(std::move(grid));
}

/// `x` with an axis of one entry more at the end (or, if not, at the beginning): a vector as a
/// matrix.
ValueId as_matrix(Graph& graph, ValueId x, bool at_end, const Node& origin) {
  DimShape shape = graph.shape(x);
  shape.insert(at_end ? shape.end() : shape.begin(), graph::fixed_dim(1));
  if (graph.is_constant(x)) {
    return graph.add_constant(graph.value(x).name + ":matrix",
                              graph::reshaped(graph.constant(x), *graph::fixed_shape(shape)));
  }
  Node node;
  node.name = origin.name;
  node.index = origin.index;
  node.op = "Unsqueeze";
  node.attributes["axes"] = std::vector<int64_t>{at_end ? 1 : 0};
  node.inputs = {x};
  node.outputs = {new_value(graph, graph.value(x).name + ":matrix", x, std::move(shape))};
  const ValueId result = node.outputs[0];
  graph.add_node(std::move(node));
  return result;
}

/// Products with vectors become products of matrices of one row or column, which is then dropped.
bool convert_vectors(Graph& graph, int index) {
  const Node node = graph.nodes[static_cast<std::size_t>(index)];
  const bool left = graph.shape(node.inputs[0]).size() == 1;
  const bool right = graph.shape(node.inputs[1]).size() == 1;
  if ((!left && !right) || (graph.is_constant(node.inputs[0]) && graph.is_constant(node.inputs[1])))
    return false;
  graph.remove_node(index);
  const ValueId a = left ? as_matrix(graph, node.inputs[0], false, node) : node.inputs[0];
  const ValueId b = right ? as_matrix(graph, node.inputs[1], true, node) : node.inputs[1];
  DimShape shape = graph.shape(node.outputs[0]);
  if (right)
    shape.push_back(graph::fixed_dim(1));
  if (left)
    shape.insert(shape.end() - 1, graph::fixed_dim(1));
  Node product = node;
  product.inputs = {a, b};
  product.outputs = {
      new_value(graph, graph.value(node.outputs[0]).name + ":matrix", node.inputs[0], shape)};
  Node squeeze;
  squeeze.name = node.name;
  squeeze.index = node.index;
  squeeze.op = "Squeeze";
  std::vector<int64_t> axes;
  if (left)
    axes.push_back(-2);
  if (right)
    axes.push_back(-1);
  squeeze.attributes["axes"] = axes;
  squeeze.inputs = {product.outputs[0]};
  squeeze.outputs = {node.outputs[0]};
  graph.add_node(std::move(product));
  graph.add_node(std::move(squeeze));
  return true;
}

bool convert_matmul(Graph& graph, int index) {
  if (convert_vectors(graph, index))
    return true;
  const Node node = graph.nodes[static_cast<std::size_t>(index)];
  if (is_matrix(graph, node.inputs[1]) && !graph.is_constant(node.inputs[0]) &&
      !graph.shape(node.inputs[0]).empty()) {
    const ValueId weights =
        graph.add_constant(graph.value(node.inputs[1]).name + ":rows",
                           graph::transpose(graph.constant(node.inputs[1]), {1, 0}));
    keep_grid(graph, node.inputs[1], weights, true);
    graph.nodes[static_cast<std::size_t>(index)].op = "Linear";
    graph.replace_input(index, 1, weights);
    return true;
  }
  if (is_matrix(graph, node.inputs[0]) && !graph.is_constant(node.inputs[1]) &&
      graph.shape(node.inputs[1]).size() >= 2) {
    const ValueId columns = add_swap(graph, node.inputs[1], node);
    DimShape shape = graph.shape(columns);
    shape.back() = graph::fixed_dim(graph.constant(node.inputs[0]).shape[0]);
    const ValueId product =
        new_value(graph, graph.value(node.outputs[0]).name + ":columns", columns, shape);
    graph.remove_node(index);
    Node linear = node;
    linear.op = "Linear";
    linear.inputs = {columns, node.inputs[0]};
    linear.outputs = {product};
    graph.add_node(std::move(linear));
    const ValueId rows = add_swap(graph, product, node);
    take_over(graph, graph.producer(rows), node.outputs[0]);
    return true;
  }
  return false;
}

void convert_gemm(Graph& graph, int index) {
  const Node node = graph.nodes[static_cast<std::size_t>(index)];
  const double alpha = node.get_float("alpha", 1);
  const double beta = node.get_float("beta", 1);
  const DimShape result_shape = graph.shape(node.outputs[0]);
  graph.remove_node(index);
  const ValueId a =
      node.get_int("transA", 0) != 0 ? add_swap(graph, node.inputs[0], node) : node.inputs[0];

  Node product = node;
  product.attributes.clear();
  product.outputs = {new_value(graph, graph.value(node.outputs[0]).name + ":product",
                               node.inputs[0], result_shape)};
  ValueId result = product.outputs[0];
  bool scaled = alpha == 1;
  if (is_matrix(graph, node.inputs[1])) {
    graph::Tensor weights = graph.constant(node.inputs[1]);
    if (node.get_int("transB", 0) == 0) {
      weights = graph::transpose(weights, {1, 0});
    }
    for (float& weight : weights.values<float>())
      weight = static_cast<float>(weight * alpha);
    product.op = "Linear";
    product.inputs = {
        a, graph.add_constant(graph.value(node.inputs[1]).name + ":rows", std::move(weights))};
    if (alpha == 1)
      keep_grid(graph, node.inputs[1], product.inputs[1], node.get_int("transB", 0) == 0);
    scaled = true;
  } else {
    const ValueId b =
        node.get_int("transB", 0) != 0 ? add_swap(graph, node.inputs[1], node) : node.inputs[1];
    product.op = "MatMul";
    product.inputs = {a, b};
  }
  graph.add_node(std::move(product));
  const auto number = [&](double value) {
    const auto narrow = static_cast<float>(value);
    return graph.add_constant(graph.value(node.outputs[0]).name + ":factor",
                              graph::make_floats({}, {&narrow, 1}));
  };
  if (!scaled) {
    result = add_binary(graph, "Mul", result, number(alpha), result_shape, node);
  }
  if (node.input(2) != graph::kNone && beta != 0) {
    ValueId bias = node.inputs[2];
    if (beta != 1) {
      bias = add_binary(graph, "Mul", bias, number(beta), graph.shape(bias), node);
    }
    result = add_binary(graph, "Add", result, bias, result_shape, node);
  }
  take_over(graph, graph.producer(result), node.outputs[0]);
}

}  // namespace

int make_linear(Graph& graph) {
  int changed = 0;
  for (int index : graph.order()) {
    const Node& node = graph.nodes[static_cast<std::size_t>(index)];
    if (node.removed || node.outputs.size() != 1 || !graph.value(node.outputs[0]).shape) {
      continue;
    }
    if (node.op == "MatMul") {
      changed += convert_matmul(graph, index) ? 1 : 0;
    } else if (node.op == "Gemm") {
      convert_gemm(graph, index);
      ++changed;
    }
  }
  return changed;
}

}  // namespace edgy::converter::passes
