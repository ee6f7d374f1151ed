// What depends on extents that only a run knows.
#include <algorithm>

#include "converter/graph/shape_inference.h"
#include "converter/rewrite/rewrite.h"

namespace edgy::converter::rewrite {
namespace {

using graph::ElementType;

struct Source {
  ValueId input = kNone;
  std::size_t axis = 0;
};

/// An input of the model with that extent.
Source source_of(Builder& b, const std::string& symbol) {
  for (const ValueId input : b.graph().inputs) {
    const DimShape& shape = b.shape(input);
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      if (shape[axis].symbol == symbol)
        return {input, axis};
    }
  }
  return {};
}

/// Zeros [1, ..., extent, ..., 1] with axis `at` of `rank`.
ValueId zeros(Builder& b, const Source& source, std::size_t at, std::size_t rank) {
  ValueId x = source.input;
  for (std::size_t axis = 0; axis < b.rank(x); ++axis) {
    if (axis != source.axis && !(b.shape(x)[axis] == graph::fixed_dim(1)))
      x = b.slice(x, static_cast<int64_t>(axis), 0, 1);
  }
  if (!b.is_float(x))
    x = b.cast(x, ElementType::kFloat32);
  std::vector<int64_t> shape(rank, 1);
  shape[at] = -1;
  x = b.reshape(x, shape);
  return b.add("IsLess", {x, x});  // whatever it is
}

/// x, spread over `target`; kNone if an extent of it is none of the model's inputs.
ValueId spread(Builder& b, ValueId x, const DimShape& target) {
  const std::size_t rank = target.size();
  const std::size_t lead = rank - std::min(rank, b.rank(x));
  std::vector<int64_t> fixed(rank, 1);
  for (std::size_t i = 0; i < rank; ++i) {
    const bool same = i >= lead && b.shape(x)[i - lead] == target[i];
    if (!same && target[i].fixed())
      fixed[i] = target[i].value;
  }
  ValueId y = x;
  if (std::any_of(fixed.begin(), fixed.end(), [](int64_t extent) { return extent != 1; }) ||
      lead > 0)
    y = b.add("Add", {y, b.graph().add_constant("zeros",
                                                graph::make_tensor(ElementType::kFloat32, fixed))});
  for (std::size_t i = 0; i < rank; ++i) {
    if (target[i].fixed() || b.shape(y)[i] == target[i])
      continue;
    const Source source = source_of(b, target[i].symbol);
    if (source.input == kNone)
      return kNone;
    y = b.add("Add", {y, zeros(b, source, i, rank)});
  }
  return y;
}

}  // namespace

/// Adds zeros of the extents that are asked for.
bool rewrite_expand(Builder& b) {
  const auto& shape = b.graph().value(b.node().outputs[0]).shape;
  if (!b.has_shape(0) || !shape)
    return false;
  const DimShape target = *shape;
  const ElementType type = b.type(b.input(0));
  if (target == b.shape(b.input(0)) || type == ElementType::kFloat64 ||
      (b.graph().is_constant(b.input(0)) && graph::fixed_shape(target)))
    return false;  // nothing happens, or it is folded
  ValueId x = b.input(0);
  if (type != ElementType::kFloat32)
    x = b.exact_float(x);
  const ValueId y = spread(b, x, target);
  return y != kNone && b.finish(b.exactly(y, type));
}

/// The value and zeros of those extents.
bool rewrite_fill(Builder& b) {
  const auto& shape = b.graph().value(b.node().outputs[0]).shape;
  if (!shape || graph::fixed_shape(*shape))
    return false;
  const DimShape target = *shape;
  const graph::TensorPtr fill = b.node().get_tensor("value");
  const ElementType type = fill ? fill->type : ElementType::kFloat32;
  if (type == ElementType::kFloat64 || (fill && fill->elements() != 1))
    return false;
  const ValueId y = spread(b, b.number(fill ? graph::as_floats(*fill)[0] : 0), target);
  return y != kNone && b.finish(b.exactly(y, type));
}

/// A part up to an extent of an input of the model: "Slice" with that input behind it, and
/// ":like_axis".
bool rewrite_slice(Builder& b) {
  const Node& node = b.node();
  if (node.inputs.size() < 3 || !b.has_shape(0) || node.has("starts"))
    return false;
  const auto starts = graph::known_contents(b.graph(), b.input(1));
  const auto ends = graph::known_contents(b.graph(), b.input(2));
  const auto axes = graph::known_contents(b.graph(), b.input(3));
  const auto steps = graph::known_contents(b.graph(), b.input(4));
  if (!starts || !ends || starts->size() != 1 || ends->size() != 1 || !(*starts)[0].fixed() ||
      (b.input(3) != kNone && (!axes || axes->size() != 1 || !(*axes)[0].fixed())) ||
      (b.input(4) != kNone &&
       (!steps || steps->size() != 1 || !(*steps)[0].fixed() || (*steps)[0].offset != 1)) ||
      (*starts)[0].offset < 0)
    return false;
  const graph::Affine end = (*ends)[0];
  if (end.factor != 1 || end.offset != 0)
    return false;
  const int64_t axis = axes ? (*axes)[0].offset : 0;
  const std::size_t at = graph::normalize_axis(node, axis, b.rank(b.input(0)));
  // Of what has that extent anyway, or of a constant that may be longer.
  const graph::Dim extent = b.shape(b.input(0))[at];
  if ((*starts)[0].offset == 0 && extent.symbol == end.symbol)
    return b.finish(b.input(0));
  const Source source = source_of(b, end.symbol);
  if (source.input == kNone || (*starts)[0].offset != 0)
    return false;
  const auto list = [](int64_t entry) { return std::vector<int64_t>{entry}; };
  return b.finish(b.add("Slice", {b.input(0), source.input},
                        {{"starts", list(0)},
                         {"ends", list(graph::kMaxElements)},
                         {"axes", list(axis)},
                         {"steps", list(1)},
                         {":like_axis", static_cast<int64_t>(source.axis)}}));
}

/// What is gathered from a constant by a part of a constant is a part of what the whole gathers.
bool rewrite_gather(Builder& b) {
  if (!b.has_shape(0) || !b.has_shape(1) || !b.graph().is_constant(b.input(0)))
    return false;
  const int producer = b.graph().producer(b.input(1));
  if (producer < 0)
    return false;
  const Node part = b.graph().nodes[static_cast<std::size_t>(producer)];
  if (part.op != "Slice" || !part.has(":like_axis") || !b.graph().is_constant(part.inputs[0]))
    return false;
  const int64_t axis = static_cast<int64_t>(
      graph::normalize_axis(b.node(), b.node().get_int("axis", 0), b.rank(b.input(0))));
  const ValueId whole = b.add("Gather", {b.input(0), part.inputs[0]}, {{"axis", axis}});
  Attributes attributes = part.attributes;
  const auto at = static_cast<int64_t>(
      graph::normalize_axis(part, part.get_ints("axes")[0], b.rank(part.inputs[0])));
  attributes["axes"] = std::vector<int64_t>{axis + at};
  return b.finish(b.add("Slice", {whole, part.inputs[1]}, attributes));
}

}  // namespace edgy::converter::rewrite
