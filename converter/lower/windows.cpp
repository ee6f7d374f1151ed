#include "converter/graph/windows.h"

#include <algorithm>
#include <limits>

#include "converter/lower/families.h"

namespace edgy::converter::lower {
namespace {

/// Height first; sequences have a height of 1.
struct Window2d {
  int h = 1;
  int w = 1;
};

Window2d window_of(const std::vector<int64_t>& entries, int filler) {
  return entries.size() == 1 ? Window2d{filler, static_cast<int>(entries[0])}
                             : Window2d{static_cast<int>(entries[0]), static_cast<int>(entries[1])};
}

void expect_spatial(Context& context, const Node& node) {
  const DimShape& x = context.shape(node, node.inputs[0]);
  if (x.size() != 3 && x.size() != 4) {
    graph::fail_at(node, "its input has the shape " + to_string(x) +
                             "; [N, C, T] and [N, C, H, W] are accepted");
  }
  context.expect_float(node, node.inputs[0]);
}

}  // namespace

void lower_conv(Context& context, const Node& node) {
  expect_spatial(context, node);
  const graph::Graph& graph = context.graph();
  if (!graph.is_constant(node.inputs[1]) ||
      (node.input(2) != graph::kNone && !graph.is_constant(node.inputs[2]))) {
    graph::fail_at(node, "its weights and bias must be constants");
  }
  const DimShape& x = context.shape(node, node.inputs[0]);
  const graph::Tensor& weights = graph.constant(node.inputs[1]);
  const graph::Windows windows = graph::read_windows(
      node, x, std::vector<int64_t>(weights.shape.begin() + 2, weights.shape.end()));

  const Order order = channels_last(x.size());
  graph::Tensor rows = graph::transpose(weights, order);  // [O, K..., I]
  if (x.size() == 3) {
    rows.shape.insert(rows.shape.begin() + 1, 1);
  }
  int bias = -1;
  if (node.input(2) != graph::kNone) {
    const graph::Value& value = graph.value(node.inputs[2]);
    if (value.constant->elements() != weights.shape[0] ||
        value.type != graph::ElementType::kFloat32) {
      graph::fail_at(node, "its bias must be float32 with one value an output channel");
    }
    bias = context.add_constant(value.name, graph::reshaped(*value.constant, {weights.shape[0]}));
  }
  context.expect_float(node, node.inputs[1]);

  fb::Conv2DT conv;
  conv.stride_h = window_of(windows.stride, 1).h;
  conv.stride_w = window_of(windows.stride, 1).w;
  conv.dilation_h = window_of(windows.dilation, 1).h;
  conv.dilation_w = window_of(windows.dilation, 1).w;
  conv.pad_top = window_of(windows.pad_begin, 0).h;
  conv.pad_left = window_of(windows.pad_begin, 0).w;
  conv.pad_bottom = window_of(windows.pad_end, 0).h;
  conv.pad_right = window_of(windows.pad_end, 0).w;
  conv.groups = static_cast<int>(node.get_int("group", 1));
  conv.activation_min = node.get_float(":activation_min", -std::numeric_limits<float>::infinity());
  conv.activation_max = node.get_float(":activation_max", std::numeric_limits<float>::infinity());
  const int input = context.in_order(node, node.inputs[0], order);
  const int filters = context.add_constant(graph.value(node.inputs[1]).name, rows);
  if (const auto& grid = graph.value(node.inputs[1]).grid; grid && grid->axis <= 0)
    context.set_grid(filters, *grid, 0);
  const int output = context.define(node, 0, order);
  context.add_operator(node, conv, {input, filters, bias}, {output});
}

void lower_pool(Context& context, const Node& node) {
  expect_spatial(context, node);
  const DimShape& x = context.shape(node, node.inputs[0]);
  const graph::Windows windows = graph::read_windows(node, x, {});
  if (std::any_of(windows.dilation.begin(), windows.dilation.end(),
                  [](int64_t d) { return d != 1; })) {
    graph::fail_at(node, "pooling with dilation is not supported; dilations of 1 are");
  }
  if (node.outputs.size() > 1 && node.outputs[1] != graph::kNone &&
      !context.graph().consumers(node.outputs[1]).empty()) {
    graph::fail_at(node, "the indices that MaxPool can return are not supported");
  }
  fb::Pool2DT pool;
  pool.kind = node.op == "MaxPool" ? fb::PoolKind::Max : fb::PoolKind::Average;
  pool.kernel_h = window_of(windows.kernel, 1).h;
  pool.kernel_w = window_of(windows.kernel, 1).w;
  pool.stride_h = window_of(windows.stride, 1).h;
  pool.stride_w = window_of(windows.stride, 1).w;
  pool.pad_top = window_of(windows.pad_begin, 0).h;
  pool.pad_left = window_of(windows.pad_begin, 0).w;
  pool.pad_bottom = window_of(windows.pad_end, 0).h;
  pool.pad_right = window_of(windows.pad_end, 0).w;
  pool.count_include_pad = node.get_int("count_include_pad", 0) != 0;
  const Order order = channels_last(x.size());
  const int input = context.in_order(node, node.inputs[0], order);
  context.add_operator(node, pool, {input}, {context.define(node, 0, order)});
}

void lower_global_pool(Context& context, const Node& node) {
  context.expect_float(node, node.inputs[0]);
  const Placed x = context.get(node, node.inputs[0]);
  fb::ReduceT reduce;
  reduce.kind = node.op == "GlobalMaxPool" ? fb::ReduceKind::Max : fb::ReduceKind::Mean;
  for (std::size_t i = 0; i < x.order.size(); ++i) {
    if (x.order[i] >= 2) {
      reduce.axes.push_back(static_cast<int>(i));
    }
  }
  context.add_operator(node, std::move(reduce), {x.tensor}, {context.define(node, 0, x.order)});
}

}  // namespace edgy::converter::lower
