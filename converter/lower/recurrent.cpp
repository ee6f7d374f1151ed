#include "converter/lower/families.h"
#include "converter/text.h"

namespace edgy::converter::lower {
namespace {

/// What LSTM and GRU have in common, in the format's layout.
struct Recurrent {
  int hidden = 0;
  std::vector<int> inputs;  ///< x, w, r, b
};

Recurrent read_recurrent(Context& context, const Node& node, int64_t gates) {
  const graph::Graph& graph = context.graph();
  context.expect_float(node, node.inputs[0]);
  if (node.get_string("direction", "forward") != "forward") {
    graph::fail_at(node, "direction " + in_quotes(node.get_string("direction", "")) +
                             " is not supported; 'forward' is");
  }
  if (node.get_int("layout", 0) != 0) {
    graph::fail_at(node, "layout 1 is not supported; 0 is (time first)");
  }
  if (node.has("activations") || node.has("clip") || node.get_int("input_forget", 0) != 0) {
    const bool usual = !node.has("clip") && node.get_int("input_forget", 0) == 0 &&
                       node.get_strings("activations") ==
                           (gates == 4 ? std::vector<std::string>{"Sigmoid", "Tanh", "Tanh"}
                                       : std::vector<std::string>{"Sigmoid", "Tanh"});
    if (!usual) {
      graph::fail_at(
          node, "clip, input_forget and activations other than Sigmoid and Tanh are not supported");
    }
  }
  if (node.input(4) != graph::kNone) {
    graph::fail_at(node, "sequence lengths are not supported; leave input 'sequence_lens' out");
  }
  for (std::size_t i = 1; i <= 3; ++i) {
    if (node.input(i) != graph::kNone && !graph.is_constant(node.inputs[i])) {
      graph::fail_at(node, "its weights and bias must be constants");
    }
  }
  const graph::Tensor& w = graph.constant(node.inputs[1]);
  const graph::Tensor& r = graph.constant(node.inputs[2]);
  const DimShape& x = context.shape(node, node.inputs[0]);
  const int64_t hidden = r.rank() == 3 ? r.shape[2] : 0;
  if (hidden < 1 || r.shape != std::vector<int64_t>{1, gates * hidden, hidden} || w.rank() != 3 ||
      w.shape[0] != 1 || w.shape[1] != gates * hidden || x.size() != 3 ||
      (x[2].fixed() && x[2].value != w.shape[2]) ||
      (node.input(3) != graph::kNone &&
       graph.constant(node.inputs[3]).elements() != 2 * gates * hidden)) {
    graph::fail_at(node, "its weights do not fit each other or its input " + to_string(x));
  }
  if (node.get_int("hidden_size", hidden) != hidden) {
    graph::fail_at(node, "attribute 'hidden_size' and the shape of its weights differ");
  }
  Recurrent recurrent;
  recurrent.hidden = static_cast<int>(hidden);
  recurrent.inputs = {context.in_order(node, node.inputs[0], {1, 0, 2}),
                      context.add_constant(graph.value(node.inputs[1]).name,
                                           graph::reshaped(w, {gates * hidden, w.shape[2]})),
                      context.add_constant(graph.value(node.inputs[2]).name,
                                           graph::reshaped(r, {gates * hidden, hidden})),
                      node.input(3) == graph::kNone
                          ? -1
                          : context.add_constant(graph.value(node.inputs[3]).name,
                                                 graph::reshaped(graph.constant(node.inputs[3]),
                                                                 {2 * gates * hidden}))};
  return recurrent;
}

/// An initial state [1, N, H] as [N, H], or -1.
int state(Context& context, const Node& node, std::size_t input) {
  if (node.input(input) == graph::kNone) {
    return -1;
  }
  const DimShape& shape = context.shape(node, node.inputs[input]);
  if (shape.size() != 3) {
    graph::fail_at(
        node, "an initial state has the shape " + to_string(shape) + "; [1, N, H] is expected");
  }
  const graph::Value& value = context.graph().value(node.inputs[input]);
  if (value.constant) {
    return context.add_constant(
        value.name,
        graph::reshaped(*value.constant, {value.constant->shape[1], value.constant->shape[2]}));
  }
  return context.reshape(node, context.plain(node, node.inputs[input]), {shape[1], shape[2]},
                         value.name + ":rows");
}

/// Declares the outputs Y [T, 1, N, H], Y_h [1, N, H] and Y_c from y [N, T, H], h [N, H] and c [N,
/// H], which are returned.
std::vector<int> define_outputs(Context& context, const Node& node, int hidden, std::size_t count) {
  const DimShape& x = context.shape(node, node.inputs[0]);
  const graph::Dim width = graph::fixed_dim(hidden);
  std::vector<int> results;
  for (std::size_t i = 0; i < count; ++i) {
    const bool present = i < node.outputs.size() && node.outputs[i] != graph::kNone;
    const std::string name = present ? context.graph().value(node.outputs[i]).name
                                     : node.name + ":unused" + std::to_string(i);
    const DimShape shape = i == 0 ? DimShape{x[1], x[0], width} : DimShape{x[1], width};
    results.push_back(context.add_activation(name + ":rows", graph::ElementType::kFloat32, shape));
  }
  return results;
}

void place_outputs(Context& context, const Node& node, const std::vector<int>& results) {
  for (std::size_t i = 0; i < results.size() && i < node.outputs.size(); ++i) {
    if (node.outputs[i] == graph::kNone) {
      continue;
    }
    DimShape shape = context.tensor_shape(results[i]);
    // The axis of directions goes where no dynamic extent has to move: before the last.
    shape.insert(shape.end() - 1, graph::fixed_dim(1));
    const int tensor =
        context.reshape(node, results[i], shape, context.graph().value(node.outputs[i]).name);
    context.place(node, i, {tensor, i == 0 ? Order{2, 0, 1, 3} : Order{1, 0, 2}});
  }
}

}  // namespace

void lower_lstm(Context& context, const Node& node) {
  if (node.input(7) != graph::kNone) {
    graph::fail_at(node, "peephole weights are not supported; leave input 'P' out");
  }
  Recurrent recurrent = read_recurrent(context, node, 4);
  recurrent.inputs.push_back(state(context, node, 5));
  recurrent.inputs.push_back(state(context, node, 6));
  const std::vector<int> results = define_outputs(context, node, recurrent.hidden, 3);
  fb::LstmT lstm;
  lstm.hidden = recurrent.hidden;
  context.add_operator(node, lstm, std::move(recurrent.inputs), results);
  place_outputs(context, node, results);
}

void lower_gru(Context& context, const Node& node) {
  Recurrent recurrent = read_recurrent(context, node, 3);
  recurrent.inputs.push_back(state(context, node, 5));
  const std::vector<int> results = define_outputs(context, node, recurrent.hidden, 2);
  fb::GruT gru;
  gru.hidden = recurrent.hidden;
  gru.linear_before_reset = node.get_int("linear_before_reset", 0) != 0;
  context.add_operator(node, gru, std::move(recurrent.inputs), results);
  place_outputs(context, node, results);
}

}  // namespace edgy::converter::lower
