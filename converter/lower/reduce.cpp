#include <algorithm>
#include <map>

#include "converter/graph/shape_inference.h"
#include "converter/lower/families.h"

namespace edgy::converter::lower {
namespace {

/// The order of what is left of `order` when source axes are dropped.
Order without(const Order& order, const std::vector<bool>& dropped) {
  Order result;
  for (int axis : order) {
    if (!dropped[static_cast<std::size_t>(axis)]) {
      result.push_back(axis -
                       static_cast<int>(std::count(dropped.begin(), dropped.begin() + axis, true)));
    }
  }
  return result;
}

}  // namespace

void lower_reduce(Context& context, const Node& node) {
  static const std::map<std::string, fb::ReduceKind> kinds = {{"ReduceMean", fb::ReduceKind::Mean},
                                                              {"ReduceSum", fb::ReduceKind::Sum},
                                                              {"ReduceMax", fb::ReduceKind::Max},
                                                              {"ReduceMin", fb::ReduceKind::Min}};
  if (node.inputs.size() != 1) {
    graph::fail_at(node, "its axes must be constants");
  }
  context.expect_float(node, node.inputs[0]);
  const Placed x = context.get(node, node.inputs[0]);
  std::vector<bool> reduced(x.order.size(), node.get_ints("axes").empty());
  for (int64_t axis : node.get_ints("axes"))
    reduced[graph::normalize_axis(node, axis, x.order.size())] = true;
  fb::ReduceT reduce;
  reduce.kind = kinds.at(node.op);
  reduce.keep_dims = node.get_int("keepdims", 1) != 0;
  for (std::size_t i = 0; i < x.order.size(); ++i) {
    if (reduced[static_cast<std::size_t>(x.order[i])]) {
      reduce.axes.push_back(static_cast<int>(i));
    }
  }
  const Order order = reduce.keep_dims ? x.order : without(x.order, reduced);
  context.add_operator(node, std::move(reduce), {x.tensor}, {context.define(node, 0, order)});
}

void lower_arg_reduce(Context& context, const Node& node) {
  if (node.get_int("select_last_index", 0) != 0) {
    graph::fail_at(node, "select_last_index is not supported; the first index wins a tie");
  }
  context.expect_float(node, node.inputs[0]);
  const Placed x = context.get(node, node.inputs[0]);
  const std::size_t axis = graph::normalize_axis(node, node.get_int("axis", 0), x.order.size());
  fb::ArgReduceT arg;
  arg.kind = node.op == "ArgMax" ? fb::ArgKind::Max : fb::ArgKind::Min;
  arg.axis = static_cast<int>(position_of(x.order, axis));
  arg.keep_dims = node.get_int("keepdims", 1) != 0;
  std::vector<bool> dropped(x.order.size(), false);
  dropped[axis] = !arg.keep_dims;
  context.add_operator(node, arg, {x.tensor}, {context.define(node, 0, without(x.order, dropped))});
}

void lower_softmax(Context& context, const Node& node) {
  context.expect_float(node, node.inputs[0]);
  Placed x = context.get(node, node.inputs[0]);
  const std::size_t axis = graph::normalize_axis(node, node.get_int("axis", -1), x.order.size());
  if (x.order.back() != static_cast<int>(axis)) {
    // The axis comes last, where neighbours in memory are summed.
    Order order = identity_order(x.order.size());
    order.erase(order.begin() + static_cast<std::ptrdiff_t>(axis));
    order.push_back(static_cast<int>(axis));
    x = {context.in_order(node, node.inputs[0], order), order};
  }
  fb::SoftmaxT softmax;
  softmax.axis = static_cast<int>(x.order.size()) - 1;
  context.add_operator(node, softmax, {x.tensor}, {context.define(node, 0, x.order)});
}

void lower_layer_norm(Context& context, const Node& node) {
  context.expect_float(node, node.inputs[0]);
  Placed x = context.get(node, node.inputs[0]);
  const std::size_t rank = x.order.size();
  const graph::Graph& graph = context.graph();
  if (rank == 0 || graph::normalize_axis(node, node.get_int("axis", -1), rank) != rank - 1) {
    graph::fail_at(node, "normalizing over several axes is not supported; axis = -1 is");
  }
  const graph::Dim channels = context.shape(node, node.inputs[0]).back();
  std::vector<int> inputs = {0, -1, -1};
  for (std::size_t i = 1; i <= 2; ++i) {
    if (node.input(i) == graph::kNone) {
      continue;
    }
    if (!graph.is_constant(node.inputs[i]) ||
        graph.constant(node.inputs[i]).elements() != channels.value) {
      graph::fail_at(
          node,
          "its scale and bias must be constants with one value for each entry of the last axis");
    }
    const graph::Value& value = graph.value(node.inputs[i]);
    inputs[i] =
        context.add_constant(value.name, graph::reshaped(*value.constant, {channels.value}));
  }
  if (x.order.back() != static_cast<int>(rank) - 1) {
    x = {context.plain(node, node.inputs[0]), identity_order(rank)};
  }
  inputs[0] = x.tensor;
  fb::LayerNormT norm;
  norm.epsilon = node.get_float("epsilon", 1e-5F);
  context.add_operator(node, norm, std::move(inputs), {context.define(node, 0, x.order)});
}

}  // namespace edgy::converter::lower
