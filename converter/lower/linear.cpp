#include <algorithm>
#include <cmath>
#include <limits>

#include "converter/lower/families.h"
#include "kernels/nearest_code/nearest_code.h"

namespace edgy::converter::lower {
namespace {

/// The order in which `id` is, if its last axis comes last there; else the source's own.
Order order_with_last_axis_last(Context& context, const Node& node, ValueId id) {
  const Placed placed = context.get(node, id);
  const std::size_t rank = placed.order.size();
  return rank > 0 && placed.order.back() == static_cast<int>(rank) - 1 ? placed.order
                                                                       : identity_order(rank);
}

}  // namespace

void lower_linear(Context& context, const Node& node) {
  if (node.op != "Linear") {
    graph::fail_at(node, "its shapes are not known before the model runs");
  }
  context.expect_float(node, node.inputs[0]);
  fb::DenseT dense;
  dense.activation_min = node.get_float(":activation_min", -std::numeric_limits<float>::infinity());
  dense.activation_max = node.get_float(":activation_max", std::numeric_limits<float>::infinity());
  const Order order = order_with_last_axis_last(context, node, node.inputs[0]);
  const int input = context.in_order(node, node.inputs[0], order);
  const int weights = context.get(node, node.inputs[1]).tensor;
  const int bias = node.input(2) == graph::kNone ? -1 : context.get(node, node.inputs[2]).tensor;
  context.add_operator(node, dense, {input, weights, bias}, {context.define(node, 0, order)});
}

void lower_matmul(Context& context, const Node& node) {
  context.expect_float(node, node.inputs[0]);
  context.expect_float(node, node.inputs[1]);
  const std::size_t a_rank = context.rank(node, node.inputs[0]);
  const std::size_t b_rank = context.rank(node, node.inputs[1]);
  if (a_rank < 2 || b_rank < 2) {
    graph::fail_at(node, "its shapes are not known before the model runs");
  }
  // Where the last two axes are kept exchanged, the product reads them so, and no transpose is made
  // for it.
  const Placed b = context.get(node, node.inputs[1]);
  const bool swapped = position_of(b.order, b_rank - 1) < position_of(b.order, b_rank - 2);
  Order b_order = identity_order(b_rank);
  if (swapped) {
    std::swap(b_order[b_rank - 1], b_order[b_rank - 2]);
  }
  fb::MatMulT product;
  product.transpose_b = swapped;
  const int left = context.plain(node, node.inputs[0]);
  const int right = context.in_order(node, node.inputs[1], b_order);
  const Order order = identity_order(context.rank(node, node.outputs[0]));
  context.add_operator(node, product, {left, right}, {context.define(node, 0, order)});
}

/// Whether the norms are what the format derives from the codebook anyway, up to how the source
/// rounded them.
bool norms_follow_from_codebook(const Context& context, const Node& node) {
  const auto& codebook = context.graph().value(node.inputs[1]).constant;
  const auto& norms = context.graph().value(node.inputs[2]).constant;
  if (!codebook || !norms) {
    return false;
  }
  const std::vector<float> given = graph::as_floats(*norms);
  const std::vector<float> derived =
      kernels::half_squared_norms(graph::as_floats(*codebook), given.size());
  return std::equal(given.begin(), given.end(), derived.begin(), [](float a, float b) {
    return std::fabs(a - b) <= 1e-6F * std::max(1.0F, std::fabs(b));
  });
}

void lower_nearest_code(Context& context, const Node& node) {
  context.expect_float(node, node.inputs[0]);
  const Order order = order_with_last_axis_last(context, node, node.inputs[0]);
  const int input = context.in_order(node, node.inputs[0], order);
  const int codes = context.get(node, node.inputs[1]).tensor;
  std::vector<int> inputs = {input, codes};
  if (!norms_follow_from_codebook(context, node)) {
    inputs.push_back(context.get(node, node.inputs[2]).tensor);
  }
  const Order result(order.begin(), order.end() - 1);
  context.add_operator(node, fb::NearestCodeT{}, inputs, {context.define(node, 0, result)});
}

}  // namespace edgy::converter::lower
