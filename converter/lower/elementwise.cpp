#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "converter/graph/elementwise.h"
#include "converter/graph/shape_inference.h"
#include "converter/lower/families.h"
#include "converter/text.h"

namespace edgy::converter::lower {
namespace {

fb::UnaryKind unary_kind(const Node& node) {
  static const std::map<std::string, fb::UnaryKind> kinds = {
#define EDGY_UNARY(name, ...) {#name, fb::UnaryKind::name},
#include "kernels/float/unary.inc"
  };
  return kinds.at(node.op);
}

fb::BinaryKind binary_kind(const Node& node) {
  static const std::map<std::string, fb::BinaryKind> kinds = {
#define EDGY_BINARY(name, ...) {#name, fb::BinaryKind::name},
#include "kernels/float/binary.inc"
      {"Sum", fb::BinaryKind::Add}, {"Mean", fb::BinaryKind::Add},  // and a factor
  };
  return kinds.at(node.op);
}

void add_unary(Context& context, const Node& node, fb::UnaryKind kind, float alpha, float beta) {
  context.expect_float(node, node.inputs[0]);
  const Placed x = context.get(node, node.inputs[0]);
  fb::UnaryT unary;
  unary.kind = kind;
  unary.alpha = alpha;
  unary.beta = beta;
  context.add_operator(node, unary, {x.tensor}, {context.define(node, 0, x.order)});
}

/// A constant that is broadcast against a tensor kept in `order`.
int broadcast_constant(Context& context, const Node& node, ValueId id, const Order& order) {
  const graph::Tensor& constant = context.graph().constant(id);
  if (constant.shape.size() <= 1 && constant.elements() == 1) {
    return context.get(node, id).tensor;
  }
  if (is_identity(order)) {
    return context.get(node, id).tensor;
  }
  std::vector<int64_t> shape(order.size() - constant.shape.size(), 1);
  shape.insert(shape.end(), constant.shape.begin(), constant.shape.end());
  graph::Tensor moved = graph::transpose(graph::reshaped(constant, shape), order);
  while (moved.shape.size() > 1 && moved.shape.front() == 1)
    moved.shape.erase(moved.shape.begin());
  return context.add_constant(context.graph().value(id).name, moved);
}

/// Order in which both operands and the result are best kept: that of the operand which has the
/// result's rank.
Order common_order(Context& context, const Node& node, const std::vector<ValueId>& inputs) {
  const std::size_t rank = context.rank(node, node.outputs[0]);
  Order best = identity_order(rank);
  for (ValueId input : inputs) {
    if (context.graph().is_constant(input)) {
      continue;
    }
    if (context.rank(node, input) == 0) {
      continue;  // one number has no order
    }
    const Placed placed = context.get(node, input);
    if (placed.order.size() != rank) {
      return identity_order(
          rank);  // leading axes are implied, which only the source's own order can say
    }
    if (is_identity(best)) {
      best = placed.order;
    }
  }
  return best;
}

void add_binary(Context& context, const Node& node, fb::BinaryKind kind, int left, int right,
                int output) {
  fb::BinaryT binary;
  binary.kind = kind;
  context.add_operator(node, binary, {left, right}, {output});
}

int operand(Context& context, const Node& node, ValueId id, const Order& order) {
  context.expect_float(node, id);
  if (context.graph().is_constant(id)) {
    return broadcast_constant(context, node, id, order);
  }
  return context.rank(node, id) == order.size() ? context.in_order(node, id, order)
                                                : context.plain(node, id);
}

}  // namespace

void lower_unary(Context& context, const Node& node) {
  if (node.op == "Gelu" && node.get_string("approximate", "none") != "none") {
    graph::fail_at(node,
                   "Gelu with approximate = " + in_quotes(node.get_string("approximate", "")) +
                       " is not supported; 'none' is");
  }
  const graph::UnaryDefaults defaults = graph::unary_defaults(node.op);
  const auto attribute = [&](const char* name, float otherwise) {
    return std::isnan(otherwise) ? 0.0F : node.get_float(name, otherwise);
  };
  add_unary(context, node, unary_kind(node), attribute("alpha", defaults.alpha),
            attribute("beta", defaults.beta));
}

void lower_clip(Context& context, const Node& node) {
  if (node.inputs.size() == 1) {
    add_unary(context, node, fb::UnaryKind::Clip,
              node.get_float("min", -std::numeric_limits<float>::infinity()),
              node.get_float("max", std::numeric_limits<float>::infinity()));
    return;
  }
  // Bounds that are computed: a maximum and a minimum.
  const Order order = common_order(context, node, {node.inputs[0]});
  int at = operand(context, node, node.inputs[0], order);
  const bool has_max = node.input(2) != graph::kNone;
  for (std::size_t i = 1; i <= 2; ++i) {
    if (node.input(i) == graph::kNone) {
      continue;
    }
    if (context.rank(node, node.inputs[i]) != 0) {
      graph::fail_at(node, "its bounds must be scalars");
    }
    const int bound = operand(context, node, node.inputs[i], order);
    const bool last = i == 2 || !has_max;
    const int result =
        last ? context.define(node, 0, order)
             : context.add_activation(context.graph().value(node.outputs[0]).name + ":low",
                                      graph::ElementType::kFloat32, context.tensor_shape(at));
    add_binary(context, node, i == 1 ? fb::BinaryKind::Max : fb::BinaryKind::Min, at, bound,
               result);
    at = result;
  }
}

namespace {

/// x ^ 2 and x ^ 0.5 in the operators that are exact. False for other exponents.
bool lower_simple_power(Context& context, const Node& node, const Order& order) {
  const graph::Graph& graph = context.graph();
  if (node.op != "Pow" || !graph.is_constant(node.inputs[1]) ||
      graph.constant(node.inputs[1]).elements() != 1 ||
      context.rank(node, node.inputs[0]) != order.size()) {
    return false;
  }
  const double exponent = graph::as_doubles(graph.constant(node.inputs[1]))[0];
  if (exponent != 2 && exponent != 0.5)
    return false;
  const int x = operand(context, node, node.inputs[0], order);
  if (exponent == 2) {
    add_binary(context, node, fb::BinaryKind::Mul, x, x, context.define(node, 0, order));
    return true;
  }
  fb::UnaryT sqrt;
  sqrt.kind = fb::UnaryKind::Sqrt;
  context.add_operator(node, sqrt, {x}, {context.define(node, 0, order)});
  return true;
}

/// What several operands make together, one after the other: constants come last, so that what is
/// computed on the way has the axes of the result. Returns the tensor of the result.
int lower_chain(Context& context, const Node& node, fb::BinaryKind kind, const Order& order,
                bool is_result) {
  const graph::Graph& graph = context.graph();
  std::vector<ValueId> operands = node.inputs.ids();
  if (operands.size() > 2) {
    std::stable_partition(operands.begin(), operands.end(),
                          [&](ValueId id) { return !graph.is_constant(id); });
  }
  DimShape shape = context.shape(node, operands[0]);
  int at = operand(context, node, operands[0], order);
  for (std::size_t i = 1; i < operands.size(); ++i) {
    const int right = operand(context, node, operands[i], order);
    shape = graph::broadcast(node, shape, context.shape(node, operands[i]));
    int result = -1;
    if (i + 1 == operands.size() && is_result) {
      result = context.define(node, 0, order);
    } else {
      result = context.add_activation(
          graph.value(node.outputs[0]).name + ":" + std::to_string(i), graph::ElementType::kFloat32,
          shape.size() == order.size() ? permuted(shape, order) : shape);
    }
    add_binary(context, node, kind, at, right, result);
    at = result;
  }
  return at;
}

}  // namespace

void lower_binary(Context& context, const Node& node) {
  const Order order = common_order(context, node, node.inputs.ids());
  if (node.inputs.size() == 1) {
    context.place(node, 0, {operand(context, node, node.inputs[0], order), order});
    return;
  }
  if (lower_simple_power(context, node, order))
    return;
  const bool mean = node.op == "Mean";
  const int sum = lower_chain(context, node, binary_kind(node), order, !mean);
  if (mean) {
    const float share = 1 / static_cast<float>(node.inputs.size());
    const int factor = context.add_constant(context.graph().value(node.outputs[0]).name + ":share",
                                            graph::make_floats({}, {&share, 1}));
    add_binary(context, node, fb::BinaryKind::Mul, sum, factor, context.define(node, 0, order));
  }
}

void lower_batch_norm(Context& context, const Node& node) {
  context.expect_float(node, node.inputs[0]);
  const graph::Graph& graph = context.graph();
  const DimShape& shape = context.shape(node, node.inputs[0]);
  for (std::size_t i = 1; i < 5; ++i) {
    if (!graph.is_constant(node.inputs[i])) {
      graph::fail_at(node, "its parameters must be constants");
    }
  }
  if (node.get_int("training_mode", 0) != 0) {
    graph::fail_at(node, "it is in training mode; export the model for inference");
  }
  std::vector<double> values[4];
  for (std::size_t i = 0; i < 4; ++i)
    values[i] = graph::as_doubles(graph.constant(node.inputs[i + 1]));
  const std::size_t channels = values[0].size();
  if (shape.size() < 2 || values[1].size() != channels || values[2].size() != channels ||
      values[3].size() != channels ||
      (shape[1].fixed() && shape[1].value != static_cast<int64_t>(channels))) {
    graph::fail_at(node, "its parameters do not fit the channels of its input " + to_string(shape));
  }
  std::vector<float> scale(channels);
  std::vector<float> shift(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    const double factor =
        values[0][c] / std::sqrt(values[3][c] + double{node.get_float("epsilon", 1e-5F)});
    scale[c] = static_cast<float>(factor);
    shift[c] = static_cast<float>(values[1][c] - values[2][c] * factor);
  }
  const Placed x = context.get(node, node.inputs[0]);
  std::vector<int64_t> extents(shape.size() - position_of(x.order, 1), 1);
  extents[0] = static_cast<int64_t>(channels);
  const std::string name = graph.value(node.outputs[0]).name;
  const int factors = context.add_constant(name + ":scale", graph::make_floats(extents, scale));
  const int offsets = context.add_constant(name + ":shift", graph::make_floats(extents, shift));
  const int scaled = context.add_activation(name + ":scaled", graph::ElementType::kFloat32,
                                            context.tensor_shape(x.tensor));
  add_binary(context, node, fb::BinaryKind::Mul, x.tensor, factors, scaled);
  add_binary(context, node, fb::BinaryKind::Add, scaled, offsets, context.define(node, 0, x.order));
}

void lower_cast(Context& context, const Node& node) {
  const auto from = context.graph().value(node.inputs[0]).type;
  const auto to = context.graph().value(node.outputs[0]).type;
  const Placed x = context.get(node, node.inputs[0]);
  if (from == to) {
    context.place(node, 0, x);
    return;
  }
  if (from == graph::ElementType::kFloat64 || to == graph::ElementType::kFloat64) {
    graph::fail_at(node, std::string("casting ") + graph::to_string(from) + " to " +
                             graph::to_string(to) +
                             " while running is not supported; casts of constants are");
  }
  fb::CastT cast;
  cast.exact = node.has(":exact");
  context.add_operator(node, cast, {x.tensor}, {context.define(node, 0, x.order)});
}

}  // namespace edgy::converter::lower
