// Positions of extremes.
#include <algorithm>

#include "converter/graph/shape_inference.h"
#include "converter/rewrite/rewrite.h"

namespace edgy::converter::rewrite {
namespace {

using graph::ElementType;

/// 0, 1, ... along `axis` of `rank`.
ValueId positions(Builder& b, int64_t count, std::size_t axis, std::size_t rank) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(i);
  std::vector<int64_t> shape(rank - axis, 1);
  shape[0] = count;
  return b.floats(shape, values);
}

}  // namespace

/// The last of several: the first of what is reversed, counted from the other end.
bool rewrite_arg_reduce(Builder& b) {
  if (b.node().get_int("select_last_index", 0) == 0 || !b.has_shape(0))
    return false;
  b.expect_float(0);
  const ValueId x = b.input(0);
  const std::size_t axis = graph::normalize_axis(b.node(), b.node().get_int("axis", 0), b.rank(x));
  const graph::Dim extent = b.shape(x)[axis];
  if (!extent.fixed())
    graph::fail_at(b.node(), "select_last_index of an axis that is not fixed is not supported");
  const auto at = static_cast<int64_t>(axis);
  Attributes attributes = b.node().attributes;
  attributes.erase("select_last_index");
  const ValueId reversed = b.slice(x, at, graph::kMaxElements, -graph::kMaxElements, -1);
  const ValueId first = b.exact_float(b.add(b.node().op, {reversed}, attributes));
  const auto last = static_cast<float>(extent.value - 1);
  return b.finish(b.exactly(b.add("Sub", {b.number(last), first}), ElementType::kInt64));
}

/// 1 at the first of the largest, 0 elsewhere
bool rewrite_hardmax(Builder& b) {
  if (!b.has_shape(0))
    return false;
  b.expect_float(0);
  const bool one_axis = b.graph().opset >= 13;
  const DimShape shape = b.shape(b.input(0));
  std::size_t axis =
      graph::normalize_axis(b.node(), b.node().get_int("axis", one_axis ? -1 : 1), shape.size());
  ValueId x = b.input(0);
  // Before operator set 13 it was over all axes from there on.
  const bool flat = !one_axis && axis + 1 < shape.size();
  const auto fixed = graph::fixed_shape(shape);
  if (flat && fixed) {
    x = b.add("Flatten", {x}, {{"axis", static_cast<int64_t>(axis)}});
    axis = 1;
  }
  const graph::Dim extent = b.shape(x)[axis];
  if (!extent.fixed() || (flat && !fixed))
    graph::fail_at(b.node(), "an axis that is not fixed is not supported");
  const ValueId largest = b.exact_float(
      b.add("ArgMax", {x}, {{"axis", static_cast<int64_t>(axis)}, {"keepdims", int64_t{1}}}));
  const ValueId y = b.add("IsEqual", {positions(b, extent.value, axis, b.rank(x)), largest});
  return b.finish(flat ? b.reshape(y, *fixed) : y);
}

}  // namespace edgy::converter::rewrite
