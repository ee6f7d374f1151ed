#include <algorithm>

#include "converter/passes/match.h"
#include "converter/passes/passes.h"

namespace edgy::converter::passes {
namespace {

using graph::DimShape;
using graph::fixed_dim;
using graph::Graph;
using graph::kNone;
using graph::Node;
using graph::Tensor;
using graph::ValueId;

bool has_usual_activations(const Node& node) {
  if (node.has("clip") || node.get_int("input_forget", 0) != 0) {
    return false;
  }
  const bool lstm = node.op == "LSTM";
  return !node.has("activations") || node.get_strings("activations") ==
                                         (lstm ? std::vector<std::string>{"Sigmoid", "Tanh", "Tanh"}
                                               : std::vector<std::string>{"Sigmoid", "Tanh"});
}

/// Whether the layer is one step forward of fixed size, by constants and in its plainest form.
/// Others stay as they are.
bool is_single_step(const Graph& graph, const Node& node) {
  const auto& x = graph.value(node.inputs[0]).shape;
  if (!x || x->size() != 3 || !(*x)[0].fixed() || (*x)[0].value != 1 || !(*x)[1].fixed() ||
      !(*x)[2].fixed() || node.get_string("direction", "forward") != "forward" ||
      node.get_int("layout", 0) != 0 || node.input(4) != kNone || node.input(7) != kNone ||
      !has_usual_activations(node) || node.input(5) == kNone ||
      (node.op == "LSTM" && node.input(6) == kNone)) {
    return false;
  }
  const int64_t gates = node.op == "LSTM" ? 4 : 3;
  for (std::size_t i = 1; i <= 3; ++i) {
    if (node.input(i) != kNone && !graph.is_constant(node.inputs[i])) {
      return false;
    }
  }
  // States of another shape are refused in words when the layer is lowered.
  const Tensor& w = graph.constant(node.inputs[1]);
  const Tensor& r = graph.constant(node.inputs[2]);
  const int64_t hidden = r.rank() == 3 ? r.shape[2] : 0;
  const graph::DimShape rows = {fixed_dim(1), (*x)[1], fixed_dim(hidden)};
  for (std::size_t i = 5; i < (node.op == "LSTM" ? 7U : 6U); ++i) {
    const auto& state = graph.value(node.inputs[i]).shape;
    if (!state || *state != rows)
      return false;
  }
  return hidden > 0 && node.get_int("hidden_size", hidden) == hidden &&
         w.shape == std::vector<int64_t>{1, gates * hidden, (*x)[2].value} &&
         r.shape == std::vector<int64_t>{1, gates * hidden, hidden} &&
         (node.input(3) == kNone ||
          graph.constant(node.inputs[3]).elements() == 2 * gates * hidden);
}

/// Writes the equations of one layer as nodes.
class Expansion {
 public:
  Expansion(Graph& graph, int index)
      : graph_(graph), node_(graph.nodes[static_cast<std::size_t>(index)]) {
    const DimShape& x = graph.shape(node_.inputs[0]);
    batch_ = x[1].value;
    inputs_ = x[2].value;
    hidden_ = graph.constant(node_.inputs[2]).shape[2];
    graph_.remove_node(index);
  }

  void lstm() {
    // Gates in ONNX's order: input, output, forget, cell.
    const ValueId sums = elementwise("Add", linear(rows(0, inputs_), 1, 0, 4, 0),
                                     linear(rows(5, hidden_), 2, 0, 4, 1), 4 * hidden_);
    const ValueId open = elementwise("Sigmoid", part(sums, 0, 3), kNone, 3 * hidden_);
    const ValueId cell = elementwise("Tanh", part(sums, 3, 4), kNone, hidden_);
    const ValueId kept = elementwise("Mul", part(open, 2, 3), rows(6, hidden_), hidden_);
    const ValueId c =
        elementwise("Add", kept, elementwise("Mul", part(open, 0, 1), cell, hidden_), hidden_);
    const ValueId h =
        elementwise("Mul", part(open, 1, 2), elementwise("Tanh", c, kNone, hidden_), hidden_);
    finish({h, h, c});
  }

  void gru() {
    // Gates in ONNX's order: update, reset, hidden.
    const ValueId h = rows(5, hidden_);
    const ValueId from_x = linear(rows(0, inputs_), 1, 0, 3, 0);
    const bool reset_last = node_.get_int("linear_before_reset", 0) != 0;
    const ValueId from_h = linear(h, 2, 0, reset_last ? 3 : 2, 1);
    const ValueId open = elementwise(
        "Sigmoid", elementwise("Add", part(from_x, 0, 2), part(from_h, 0, 2), 2 * hidden_), kNone,
        2 * hidden_);
    const ValueId reset = part(open, 1, 2);
    const ValueId held = reset_last ? elementwise("Mul", reset, part(from_h, 2, 3), hidden_)
                                    : linear(elementwise("Mul", reset, h, hidden_), 2, 2, 3, 1);
    const ValueId candidate =
        elementwise("Tanh", elementwise("Add", part(from_x, 2, 3), held, hidden_), kNone, hidden_);
    const ValueId change =
        elementwise("Mul", part(open, 0, 1), elementwise("Sub", h, candidate, hidden_), hidden_);
    const ValueId next = elementwise("Add", candidate, change, hidden_);
    finish({next, next});
  }

 private:
  Node make(const char* op, std::vector<ValueId> inputs) {
    Node node;
    node.name = node_.name;
    node.index = node_.index;
    node.source = node_.source;
    node.op = op;
    node.inputs = std::move(inputs);
    return node;
  }
  ValueId emit(Node node, DimShape shape) {
    const ValueId result =
        new_value(graph_, node_.name + ":" + node.op, node_.inputs[0], std::move(shape));
    node.outputs = {result};
    graph_.add_node(std::move(node));
    return result;
  }
  ValueId integers(const std::vector<int64_t>& values) {
    return graph_.add_constant(node_.name + ":shape", graph::make_ints(values));
  }

  /// Input `i`, [1, N, C], as rows [N, C].
  ValueId rows(std::size_t i, int64_t columns) {
    return emit(make("Reshape", {node_.inputs[i], integers({batch_, columns})}),
                {fixed_dim(batch_), fixed_dim(columns)});
  }
  /// An elementwise operator with one or two inputs.
  ValueId elementwise(const char* op, ValueId a, ValueId b, int64_t columns) {
    return emit(make(op, b == kNone ? std::vector<ValueId>{a} : std::vector<ValueId>{a, b}),
                {fixed_dim(batch_), fixed_dim(columns)});
  }
  /// Gates `first` to `last` (left out) of [N, gates * hidden].
  ValueId part(ValueId gates, int64_t first, int64_t last) {
    if (first == 0 && graph_.shape(gates).back().value == last * hidden_) {
      return gates;
    }
    Node slice = make("Slice", {gates});
    slice.attributes["starts"] = std::vector<int64_t>{first * hidden_};
    slice.attributes["ends"] = std::vector<int64_t>{last * hidden_};
    slice.attributes["axes"] = std::vector<int64_t>{1};
    slice.attributes["steps"] = std::vector<int64_t>{1};
    return emit(std::move(slice), {fixed_dim(batch_), fixed_dim((last - first) * hidden_)});
  }
  /// x times the rows of gates `first` to `last` (left out) of weight input `weights`, plus their
  /// part of the bias (0: of W, 1: of R).
  ValueId linear(ValueId x, std::size_t weights, int64_t first, int64_t last, int64_t bias_part) {
    const Tensor all = graph_.constant(node_.inputs[weights]);
    const int64_t columns = all.shape[2];
    const std::string name = graph_.value(node_.inputs[weights]).name;
    const auto slice = [&](const Tensor& tensor, int64_t begin, int64_t end,
                           const std::vector<int64_t>& shape) {
      return graph::make_floats(
          shape, tensor.values<float>().subspan(static_cast<std::size_t>(begin),
                                                static_cast<std::size_t>(end - begin)));
    };
    const int64_t count = (last - first) * hidden_;
    const Tensor matrix =
        slice(all, first * hidden_ * columns, last * hidden_ * columns, {count, columns});
    std::vector<ValueId> inputs = {x, graph_.add_constant(name + ":rows", matrix)};
    if (node_.input(3) != kNone) {
      const Tensor bias = graph_.constant(node_.inputs[3]);
      const int64_t start = bias_part * bias.elements() / 2;
      inputs.push_back(graph_.add_constant(
          graph_.value(node_.inputs[3]).name + ":part",
          slice(bias, start + first * hidden_, start + last * hidden_, {count})));
    }
    return emit(make("Linear", std::move(inputs)), {fixed_dim(batch_), fixed_dim(count)});
  }

  /// Y [1, 1, N, H], Y_h [1, N, H], Y_c [1, N, H], where the layer has them.
  void finish(const std::vector<ValueId>& results) {
    for (std::size_t i = 0; i < results.size() && i < node_.outputs.size(); ++i) {
      if (node_.outputs[i] == kNone) {
        continue;
      }
      std::vector<int64_t> shape = {1, batch_, hidden_};
      if (i == 0) {
        shape.insert(shape.begin(), 1);
      }
      Node reshape = make("Reshape", {results[i], integers(shape)});
      reshape.outputs = {node_.outputs[i]};
      graph_.add_node(std::move(reshape));
    }
  }

  Graph& graph_;
  const Node node_;
  int64_t batch_ = 0;
  int64_t inputs_ = 0;
  int64_t hidden_ = 0;
};

}  // namespace

int expand_recurrent_step(Graph& graph) {
  int changed = 0;
  for (int index : graph.order()) {
    const Node& node = graph.nodes[static_cast<std::size_t>(index)];
    if (node.removed || (node.op != "LSTM" && node.op != "GRU") || !is_single_step(graph, node)) {
      continue;
    }
    const bool lstm = node.op == "LSTM";
    Expansion expansion(graph, index);
    if (lstm) {
      expansion.lstm();
    } else {
      expansion.gru();
    }
    ++changed;
  }
  return changed;
}

}  // namespace edgy::converter::passes
