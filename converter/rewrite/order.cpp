// Positions of extremes, and what is in order.
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

struct Found {
  ValueId values;     ///< [..., k]
  ValueId positions;  ///< of them, as floats
};

/// The k largest of x [..., n] by the place that each value takes, which is the number of those
/// before it: larger ones, and of like ones the earlier. Costs n^2 comparisons.
Found by_places(Builder& b, ValueId x, int64_t n, int64_t k) {
  const std::size_t rank = b.rank(x);
  const auto last = static_cast<int64_t>(rank);
  const auto unsqueezed = [&](int64_t axis) {
    return b.add("Unsqueeze", {x}, {{"axes", std::vector<int64_t>{axis}}});
  };
  const ValueId rows = unsqueezed(last);         // [..., n, 1]
  const ValueId columns = unsqueezed(last - 1);  // [..., 1, n]
  std::vector<float> earlier(static_cast<std::size_t>(n * n));
  for (int64_t row = 0; row < n; ++row)
    std::fill_n(earlier.begin() + row * n, row, 1.0F);
  const ValueId like = b.add("Mul", {b.add("IsEqual", {columns, rows}), b.floats({n, n}, earlier)});
  const ValueId before = b.add("Add", {b.add("IsLess", {rows, columns}), like});
  const ValueId places = b.add("Unsqueeze", {b.reduce("ReduceSum", before, {last}, false)},
                               {{"axes", std::vector<int64_t>{last - 1}}});  // [..., 1, n]
  const ValueId chosen =
      b.add("IsEqual", {places, positions(b, k, rank - 1, rank + 1)});  // [..., k, n]
  const ValueId values = b.add("Keep", {columns, chosen});
  const ValueId at = b.add("Mul", {positions(b, n, rank, rank + 1), chosen});
  return {b.reduce("ReduceSum", values, {last}, false), b.reduce("ReduceSum", at, {last}, false)};
}

/// The same one after another: the largest of what is left. Costs 9 k n operations.
Found by_turns(Builder& b, ValueId x, int64_t n, int64_t k) {
  const std::size_t rank = b.rank(x);
  const auto last = static_cast<int64_t>(rank) - 1;
  const ValueId at = positions(b, n, rank - 1, rank);
  const ValueId one = b.number(1);
  ValueId taken = b.number(0);
  Found found{kNone, kNone};
  std::vector<ValueId> values;
  std::vector<ValueId> indices;
  for (int64_t i = 0; i < k; ++i) {
    const ValueId left = b.add("Sub", {one, taken});
    // Infinite where something is left, minus infinity where nothing is.
    const ValueId bound = b.add("Sub", {b.add("Log", {left}), b.add("Log", {taken})});
    const ValueId largest = b.reduce("ReduceMax", b.add("Min", {x, bound}), {last});
    const ValueId among = b.add("Mul", {b.add("IsEqual", {x, largest}), left});
    const ValueId first =
        b.exact_float(b.add("ArgMax", {among}, {{"axis", last}, {"keepdims", int64_t{1}}}));
    values.push_back(largest);
    indices.push_back(first);
    taken = b.add("Add", {taken, b.add("IsEqual", {at, first})});
  }
  found.values = b.add("Concat", values, {{"axis", last}});
  found.positions = b.add("Concat", indices, {{"axis", last}});
  return found;
}

}  // namespace

/// Of small sets the place of each is counted, of large ones the largest is taken k times.
bool rewrite_top_k(Builder& b) {
  if (!b.has_shape(0))
    return false;
  const Node& node = b.node();
  const graph::TensorPtr count = b.constant(1);
  if (!count && !node.has("k"))
    return false;
  b.expect_float(0);
  if (count && count->elements() != 1)
    graph::fail_at(node, "its second input is the number of values wanted, one number");
  const int64_t k = count ? graph::as_ints(*count)[0] : node.get_int("k", 0);
  const std::size_t rank = b.rank(b.input(0));
  const std::size_t axis = graph::normalize_axis(node, node.get_int("axis", -1), rank);
  const graph::Dim extent = b.shape(b.input(0))[axis];
  constexpr int64_t kMostPlaces = 512;
  constexpr int64_t kMostTurns = 256;
  if (!extent.fixed() || k < 1 || k > extent.value ||
      (extent.value > kMostPlaces && k > kMostTurns))
    graph::fail_at(node, "the " + std::to_string(k) + " largest along axis " +
                             std::to_string(axis) + " of " + to_string(b.shape(b.input(0))) +
                             " are not supported; an axis that is fixed is, all of up to " +
                             std::to_string(kMostPlaces) + " or " + std::to_string(kMostTurns) +
                             " of more");
  std::vector<int64_t> perm(rank);
  for (std::size_t i = 0; i < rank; ++i)
    perm[i] = static_cast<int64_t>(i);
  std::swap(perm[axis], perm[rank - 1]);  // its own inverse
  const bool moved = axis + 1 != rank;
  const bool smallest = node.get_int("largest", 1) == 0;
  (void)node.get_int("sorted", 1);  // they are
  ValueId x = moved ? b.transpose(b.input(0), perm) : b.input(0);
  if (smallest)
    x = b.add("Neg", {x});
  const bool few = extent.value > kMostPlaces || 9 * k < extent.value;
  Found found = few ? by_turns(b, x, extent.value, k) : by_places(b, x, extent.value, k);
  if (smallest)
    found.values = b.add("Neg", {found.values});
  const auto back = [&](ValueId y) { return moved ? b.transpose(y, perm) : y; };
  const ValueId values = back(found.values);
  const ValueId indices = b.exactly(back(found.positions), ElementType::kInt64);
  b.finish(values);
  return b.finish(indices, 1);
}

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
