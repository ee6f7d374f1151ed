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
