#include <algorithm>
#include <limits>

#include "converter/graph/shape_inference.h"
#include "converter/lower/families.h"
#include "converter/text.h"

namespace edgy::converter::lower {
namespace {

int narrow(int64_t value) {
  constexpr int64_t kLimit = std::numeric_limits<int32_t>::max();
  return static_cast<int>(std::clamp(value, -kLimit, kLimit));
}

const std::string& output_name(Context& context, const Node& node) {
  return context.graph().value(node.outputs[0]).name;
}

/// Makes output `output` of `node` the part [start, end) of its input along source axis `axis`.
void add_range(Context& context, const Node& node, std::size_t output, std::size_t axis,
               int64_t start, int64_t end) {
  const Placed x = context.get(node, node.inputs[0]);
  fb::SliceT slice;
  slice.starts = {narrow(start)};
  slice.ends = {narrow(end)};
  slice.axes = {static_cast<int>(position_of(x.order, axis))};
  slice.steps = {1};
  context.add_operator(node, std::move(slice), {x.tensor}, {context.define(node, output, x.order)});
}

}  // namespace

void lower_transpose(Context& context, const Node& node) {
  // Nothing is moved: the same tensor is now read in another order.
  const Placed x = context.get(node, node.inputs[0]);
  const std::vector<int64_t> perm = node.get_ints("perm");
  Order order(x.order.size());
  for (std::size_t i = 0; i < perm.size(); ++i) {
    order[position_of(x.order, static_cast<std::size_t>(perm[i]))] = static_cast<int>(i);
  }
  context.place(node, 0, {x.tensor, std::move(order)});
}

void lower_reshape(Context& context, const Node& node) {
  const DimShape& shape = context.shape(node, node.outputs[0]);
  const int input = context.plain(node, node.inputs[0]);
  context.place(node, 0,
                {context.reshape(node, input, shape, output_name(context, node)),
                 identity_order(shape.size())});
}

void lower_squeeze(Context& context, const Node& node) {
  const bool insert = node.op == "Unsqueeze";
  const Placed x = context.get(node, node.inputs[0]);
  const DimShape& shape = context.shape(node, node.outputs[0]);
  const std::size_t wide = std::max(shape.size(), x.order.size());
  std::vector<bool> marked(wide, false);
  const std::vector<int64_t> axes = node.get_ints("axes");
  for (int64_t axis : axes)
    marked[graph::normalize_axis(node, axis, wide)] = true;
  if (axes.empty()) {
    const DimShape& from = context.shape(node, node.inputs[0]);
    for (std::size_t i = 0; i < wide; ++i)
      marked[i] = from[i] == graph::fixed_dim(1);
  }
  Order order;
  if (insert) {
    std::vector<int> kept;  // source axis before -> after
    for (std::size_t i = 0; i < wide; ++i) {
      if (!marked[i])
        kept.push_back(static_cast<int>(i));
    }
    for (int axis : x.order)
      order.push_back(kept[static_cast<std::size_t>(axis)]);
    // New axes go before the axis that follows them in the source, so that an order without moves
    // stays one.
    for (std::size_t i = wide; i-- > 0;) {
      if (marked[i]) {
        const auto next =
            i + 1 < wide ? order.begin() + static_cast<std::ptrdiff_t>(position_of(order, i + 1))
                         : order.end();
        order.insert(next, static_cast<int>(i));
      }
    }
  } else {
    std::vector<int> renumbered(wide, -1);
    int count = 0;
    for (std::size_t i = 0; i < wide; ++i) {
      if (!marked[i])
        renumbered[i] = count++;
    }
    for (int axis : x.order) {
      if (renumbered[static_cast<std::size_t>(axis)] >= 0)
        order.push_back(renumbered[static_cast<std::size_t>(axis)]);
    }
  }
  const int tensor =
      context.reshape(node, x.tensor, permuted(shape, order), output_name(context, node));
  context.place(node, 0, {tensor, std::move(order)});
}

void lower_concat(Context& context, const Node& node) {
  Order order = identity_order(context.rank(node, node.outputs[0]));
  for (ValueId input : node.inputs) {
    if (is_identity(order) && !context.graph().is_constant(input)) {
      order = context.get(node, input).order;
    }
    if (context.graph().value(input).type != context.graph().value(node.inputs[0]).type) {
      graph::fail_at(node, "its inputs have different types");
    }
  }
  std::vector<int> inputs;
  for (ValueId input : node.inputs)
    inputs.push_back(context.in_order(node, input, order));
  fb::ConcatT concat;
  concat.axis = static_cast<int>(
      position_of(order, graph::normalize_axis(node, node.get_int("axis", 0), order.size())));
  context.add_operator(node, concat, std::move(inputs), {context.define(node, 0, order)});
}

void lower_slice(Context& context, const Node& node) {
  if (!node.has("starts")) {
    graph::fail_at(node, "its starts, ends, axes and steps must be constants");
  }
  const Placed x = context.get(node, node.inputs[0]);
  fb::SliceT slice;
  const std::vector<int64_t> axes = node.get_ints("axes");
  for (std::size_t i = 0; i < axes.size(); ++i) {
    slice.starts.push_back(narrow(node.get_ints("starts")[i]));
    slice.ends.push_back(narrow(node.get_ints("ends")[i]));
    slice.steps.push_back(narrow(node.get_ints("steps")[i]));
    slice.axes.push_back(static_cast<int>(
        position_of(x.order, graph::normalize_axis(node, axes[i], x.order.size()))));
  }
  std::vector<int> inputs = {x.tensor};
  if (node.has(":like_axis")) {
    const Placed like = context.get(node, node.inputs[1]);
    slice.like_axis = static_cast<int>(
        position_of(like.order, static_cast<std::size_t>(node.get_int(":like_axis", 0))));
    inputs.push_back(like.tensor);
  }
  context.add_operator(node, std::move(slice), std::move(inputs),
                       {context.define(node, 0, x.order)});
}

void lower_split(Context& context, const Node& node) {
  if (node.inputs.size() != 1 || !node.has("split")) {
    graph::fail_at(node,
                   "the sizes of its parts must be constants, or the extent that is split fixed");
  }
  const std::size_t axis =
      graph::normalize_axis(node, node.get_int("axis", 0), context.rank(node, node.inputs[0]));
  const std::vector<int64_t> parts = node.get_ints("split");
  int64_t start = 0;
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i] != graph::kNone) {
      add_range(context, node, i, axis, start, start + parts[i]);
    }
    start += parts[i];
  }
}

void lower_pad(Context& context, const Node& node) {
  if (node.inputs.size() != 1 || !node.has("pads")) {
    graph::fail_at(node, "its pads, value and axes must be constants");
  }
  context.expect_float(node, node.inputs[0]);
  const Placed x = context.get(node, node.inputs[0]);
  const std::vector<int64_t> pads = node.get_ints("pads");
  const std::string mode = node.get_string("mode", "constant");
  fb::PadT pad;
  if (mode == "reflect") {
    pad.mode = fb::PadMode::Reflect;
  } else if (mode == "edge") {
    pad.mode = fb::PadMode::Edge;
  } else if (mode != "constant") {
    graph::fail_at(node,
                   "mode " + in_quotes(mode) + " is not supported; constant, reflect and edge are");
  }
  for (int axis : x.order) {
    pad.before.push_back(narrow(pads[static_cast<std::size_t>(axis)]));
    pad.after.push_back(narrow(pads[static_cast<std::size_t>(axis) + x.order.size()]));
  }
  pad.value = node.get_float("value", 0);
  context.add_operator(node, std::move(pad), {x.tensor}, {context.define(node, 0, x.order)});
}

namespace {

void gather_at(Context& context, const Node& node, std::size_t axis) {
  fb::GatherT gather;
  gather.axis = static_cast<int>(axis);
  const int data = context.plain(node, node.inputs[0]);
  const int picked = context.plain(node, node.inputs[1]);
  const Order order = identity_order(context.rank(node, node.outputs[0]));
  context.add_operator(node, gather, {data, picked}, {context.define(node, 0, order)});
}

}  // namespace

void lower_gather(Context& context, const Node& node) {
  const graph::Graph& graph = context.graph();
  const std::size_t rank = context.rank(node, node.inputs[0]);
  const std::size_t axis = graph::normalize_axis(node, node.get_int("axis", 0), rank);
  const graph::Value& indices = graph.value(node.inputs[1]);
  if (indices.type != graph::ElementType::kInt64 && indices.type != graph::ElementType::kInt32) {
    graph::fail_at(node, std::string("its indices are ") + graph::to_string(indices.type) +
                             "; int32 and int64 are accepted");
  }
  if (indices.constant && indices.constant->rank() == 0) {
    // One index: a part of extent 1, without its axis.
    const int64_t index = graph::as_ints(*indices.constant)[0];
    if (!context.shape(node, node.inputs[0])[axis].fixed() && index != 0 && index != -1) {
      gather_at(context, node, axis);  // whether there is such an index is known in a run
      return;
    }
    const Placed x = context.get(node, node.inputs[0]);
    fb::SliceT slice;
    slice.starts = {narrow(index)};
    slice.ends = {index == -1 ? std::numeric_limits<int32_t>::max() : narrow(index + 1)};
    slice.axes = {static_cast<int>(position_of(x.order, axis))};
    slice.steps = {1};
    DimShape part = context.tensor_shape(x.tensor);
    part[position_of(x.order, axis)] = graph::fixed_dim(1);
    const int sliced = context.add_activation(output_name(context, node) + ":part",
                                              graph.value(node.inputs[0]).type, part);
    context.add_operator(node, std::move(slice), {x.tensor}, {sliced});
    Order order;
    for (int source : x.order) {
      if (source != static_cast<int>(axis))
        order.push_back(source > static_cast<int>(axis) ? source - 1 : source);
    }
    const DimShape shape = permuted(context.shape(node, node.outputs[0]), order);
    context.place(node, 0,
                  {context.reshape(node, sliced, shape, output_name(context, node)), order});
    return;
  }
  gather_at(context, node, axis);
}

}  // namespace edgy::converter::lower
