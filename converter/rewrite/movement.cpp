// Operators that move values.
#include <algorithm>
#include <cmath>

#include "converter/graph/shape_inference.h"
#include "converter/rewrite/interleave.h"
#include "converter/rewrite/rewrite.h"
#include "converter/text.h"

namespace edgy::converter::rewrite {
namespace {

/// The block of DepthToSpace and SpaceToDepth. Throws Error for another input than [N, C, H, W].
int64_t block_of(const Builder& b) {
  const int64_t block = b.node().get_int("blocksize", 0);
  constexpr int64_t kMost = 1 << 10;
  if (b.rank(b.input(0)) != 4 || block < 1 || block > kMost)
    graph::fail_at(b.node(), "an input [N, C, H, W] and a blocksize of 1 to " +
                                 std::to_string(kMost) + " are expected");
  return block;
}

}  // namespace

bool rewrite_depth_to_space(Builder& b) {
  if (!b.has_shape(0))
    return false;
  const int64_t block = block_of(b);
  const graph::Dim channels = b.shape(b.input(0))[1];
  if (!channels.fixed() || channels.value % (block * block) != 0)
    graph::fail_at(b.node(), "its channels must be fixed and a multiple of blocksize^2");
  const int64_t count = channels.value / (block * block);
  const ValueId last = b.transpose(b.input(0), {0, 2, 3, 1});
  const std::string mode = b.node().get_string("mode", "DCR");
  if (mode == "DCR") {  // rows, columns, channels
    const ValueId apart = b.reshape(last, {0, 0, 0, block, block, count});
    return b.finish(interleave(b, b.transpose(apart, {0, 1, 2, 4, 3, 5})));
  }
  if (mode != "CRD")
    graph::fail_at(b.node(), "mode " + in_quotes(mode) + " is neither 'DCR' nor 'CRD'");
  const ValueId apart = b.reshape(last, {0, 0, 0, count, block, block});
  return b.finish(interleave(b, b.transpose(apart, {0, 1, 2, 5, 4, 3})));
}

bool rewrite_space_to_depth(Builder& b) {
  if (!b.has_shape(0))
    return false;
  const int64_t block = block_of(b);
  const DimShape shape = b.shape(b.input(0));
  if (!shape[1].fixed() || !shape[2].fixed() || !shape[3].fixed() || shape[2].value % block != 0 ||
      shape[3].value % block != 0)
    graph::fail_at(b.node(), "its extents must be fixed, height and width multiples of blocksize");
  const int64_t height = shape[2].value / block;
  const int64_t width = shape[3].value / block;
  const ValueId apart = b.reshape(b.input(0), {0, shape[1].value, height, block, width, block});
  const ValueId moved = b.transpose(apart, {0, 3, 5, 1, 2, 4});
  return b.finish(b.reshape(moved, {0, shape[1].value * block * block, height, width}));
}

/// The input beside itself, axis after axis.
bool rewrite_tile(Builder& b) {
  const graph::TensorPtr repeats = b.constant(1);
  if (!b.has_shape(0) || !repeats)
    return false;
  const std::vector<int64_t> counts = graph::as_ints(*repeats);
  constexpr int64_t kMost = 4096;
  if (counts.size() != b.rank(b.input(0)) ||
      std::any_of(counts.begin(), counts.end(),
                  [](int64_t count) { return count < 1 || count > kMost; }))
    graph::fail_at(b.node(),
                   "one number of repeats an axis is expected, of 1 to " + std::to_string(kMost));
  ValueId x = b.input(0);
  for (std::size_t axis = 0; axis < counts.size(); ++axis) {
    if (counts[axis] > 1) {
      x = b.add("Concat", std::vector<ValueId>(static_cast<std::size_t>(counts[axis]), x),
                {{"axis", static_cast<int64_t>(axis)}});
    }
  }
  return b.finish(x);
}

/// Parts of a constant, or of a list of extents, are parts of their own: those are computed while
/// converting. Others stay one operator.
bool rewrite_split(Builder& b) {
  const Node& node = b.node();
  if (!b.has_shape(0) || !node.has("split") ||
      (!b.constant(0) && !graph::known_contents(b.graph(), b.input(0))))
    return false;
  const std::size_t axis = graph::normalize_axis(node, node.get_int("axis", 0), b.rank(b.input(0)));
  const std::vector<int64_t> parts = node.get_ints("split");
  std::vector<ValueId> slices;
  int64_t start = 0;
  for (const int64_t part : parts) {
    slices.push_back(b.slice(b.input(0), static_cast<int64_t>(axis), start, start + part));
    start += part;
  }
  for (std::size_t i = 0; i < slices.size(); ++i)
    b.finish(slices[i], i);
  return true;
}

/// Of a constant: the positions [rank, count] of what is not 0.
bool rewrite_non_zero(Builder& b) {
  const graph::TensorPtr x = b.constant(0);
  if (!x)
    return false;
  const std::vector<double> values = graph::as_doubles(*x);
  const std::size_t rank = x->shape.size();
  std::vector<std::vector<int64_t>> found(std::max<std::size_t>(rank, 1));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == 0)
      continue;
    auto rest = static_cast<int64_t>(i);
    if (rank == 0)
      found[0].push_back(0);
    for (std::size_t axis = rank; axis-- > 0;) {
      found[axis].push_back(rest % x->shape[axis]);
      rest /= x->shape[axis];
    }
  }
  std::vector<int64_t> list;
  for (const std::vector<int64_t>& row : found)
    list.insert(list.end(), row.begin(), row.end());
  const std::vector<int64_t> shape = {static_cast<int64_t>(found.size()),
                                      static_cast<int64_t>(found[0].size())};
  return b.finish(b.graph().add_constant(b.graph().value(b.node().outputs[0]).name + ":positions",
                                         graph::reshaped(graph::make_ints(list), shape)));
}

/// The number of elements, where it is known.
bool rewrite_size(Builder& b) {
  if (!b.has_shape(0))
    return false;
  const auto shape = graph::fixed_shape(b.shape(b.input(0)));
  if (!shape)
    graph::fail_at(b.node(), "the number of elements of " + to_string(b.shape(b.input(0))) +
                                 " is not known before the model runs");
  const int64_t count = graph::checked_elements(*shape);
  return b.finish(b.graph().add_constant(b.graph().value(b.node().outputs[0]).name + ":count",
                                         graph::reshaped(graph::make_ints({&count, 1}), {})));
}

}  // namespace edgy::converter::rewrite
