#include <algorithm>
#include <cmath>

#include "converter/graph/shape_inference.h"
#include "converter/graph/shape_rules.h"

namespace edgy::converter::graph {
namespace {

Value& result_of(Graph& graph, const Node& node) {
  return graph.value(node.outputs[0]);
}

void finish(Graph& graph, const Node& node, ElementType type, DimShape shape) {
  set_output(graph, node, 0, type, std::move(shape));
}

/// Notes what is known of the entries of a result, which is a list.
void finish_contents(Graph& graph, const Node& node, std::optional<Contents> contents) {
  Value& result = result_of(graph, node);
  if (result.shape && result.shape->size() <= 1)
    result.contents = std::move(contents);
}

/// Product of the fixed extents and how often each symbol occurs.
struct Size {
  int64_t known = 1;
  std::vector<std::string> symbols;
};

Size size_of(const Graph& graph, const DimShape& shape) {
  Size size;
  const auto times = [&](int64_t factor) {
    size.known = std::min(size.known * factor, kMaxElements + 1);
  };
  for (const Dim& dim : shape) {
    const Affine expression = graph.expression_of(dim);
    if (dim.fixed()) {
      times(dim.value);
    } else if (expression.offset == 0 && expression.factor > 0) {
      times(expression.factor);
      size.symbols.push_back(expression.symbol);
    } else {
      size.symbols.push_back(dim.symbol);
    }
  }
  std::sort(size.symbols.begin(), size.symbols.end());
  return size;
}

/// The shape that Reshape's second input asks for; -1 and 0 as ONNX has them.
std::optional<Contents> wanted_shape(const Graph& graph, const Node& node) {
  if (!graph.is_constant(node.inputs[1]))
    return known_contents(graph, node.inputs[1]);
  Contents wanted;
  for (const int64_t entry : as_ints(graph.constant(node.inputs[1])))
    wanted.push_back({0, {}, entry});
  return wanted;
}

/// The extent that takes what of `from` is left beside the extents of `to`.
Dim rest_of(Graph& graph, const Size& from, const Size& to) {
  std::vector<std::string> missing;
  std::set_difference(from.symbols.begin(), from.symbols.end(), to.symbols.begin(),
                      to.symbols.end(), std::back_inserter(missing));
  const bool same_rest = missing.size() + to.symbols.size() == from.symbols.size();
  if (!same_rest || missing.size() > 1 || to.known <= 0 || from.known % to.known != 0)
    return graph.fresh_dim();
  const int64_t factor = from.known / to.known;
  return missing.empty() ? fixed_dim(factor) : graph.dim_of({factor, missing[0], 0});
}

Dim sum_of(Graph& graph, const Dim& a, const Dim& b) {
  const Affine x = graph.expression_of(a);
  const Affine y = graph.expression_of(b);
  if (!x.fixed() && !y.fixed() && x.symbol != y.symbol)
    return graph.fresh_dim();
  return graph.dim_of({x.factor + y.factor, x.fixed() ? y.symbol : x.symbol, x.offset + y.offset});
}

void infer_squeezed(Graph& graph, Node& node, bool insert) {
  const Value x = graph.value(node.inputs[0]);
  const std::vector<int64_t> axes = node.get_ints("axes");
  const std::size_t rank = x.shape->size() + (insert ? axes.size() : 0);
  if (rank > static_cast<std::size_t>(kMaxRank) || axes.size() > rank) {
    fail_at(node, "it has " + std::to_string(axes.size()) + " axes for an input of rank " +
                      std::to_string(x.shape->size()));
  }
  std::vector<bool> marked(rank, false);
  for (int64_t axis : axes) {
    const std::size_t at = normalize_axis(node, axis, rank);
    if (marked[at]) {
      fail_at(node, "axis " + std::to_string(axis) + " is given twice");
    }
    marked[at] = true;
  }
  DimShape shape;
  std::size_t source = 0;
  for (std::size_t i = 0; i < rank; ++i) {
    if (insert) {
      shape.push_back(marked[i] ? fixed_dim(1) : (*x.shape)[source++]);
      continue;
    }
    const Dim& dim = (*x.shape)[i];
    if (axes.empty() && !dim.fixed()) {
      fail_at(node, "it removes every axis of extent 1, and axis " + std::to_string(i) + " of " +
                        to_string(*x.shape) +
                        " may be one in some runs: give its axes, or fix the extent");
    }
    const bool drop = axes.empty() ? dim.value == 1 : marked[i];
    if (drop && dim.fixed() && dim.value != 1) {
      fail_at(node, "axis " + std::to_string(i) + " of " + to_string(*x.shape) +
                        " is not 1 and cannot be removed");
    }
    if (!drop) {
      shape.push_back(dim);
    }
  }
  finish(graph, node, x.type, std::move(shape));
  finish_contents(graph, node, known_contents(graph, node.inputs[0]));
}

}  // namespace

SliceRange slice_range(int64_t start, int64_t end, int64_t step, int64_t extent) {
  const auto wrap = [&](int64_t index) {
    return index < 0 ? std::max(index, -extent - 1) + extent : index;
  };
  SliceRange range{};
  if (step > 0) {
    range.start = std::clamp<int64_t>(wrap(start), 0, extent);
    range.end = std::clamp<int64_t>(wrap(end), 0, extent);
    const int64_t span = range.end - range.start;
    range.count = span > 0 ? (span - 1) / step + 1 : 0;
  } else {
    range.start = std::clamp<int64_t>(wrap(start), -1, extent - 1);
    range.end = std::clamp<int64_t>(wrap(end), -1, extent - 1);
    const int64_t span = range.start - range.end;
    range.count = span > 0 ? (span - 1) / (step == INT64_MIN ? INT64_MAX : -step) + 1 : 0;
  }
  return range;
}

void infer_reshape(Graph& graph, Node& node) {
  const DimShape x = graph.shape(node.inputs[0]);
  const bool copies = node.get_int("allowzero", 0) == 0;
  const auto wanted = wanted_shape(graph, node);
  if (!wanted)
    return;  // said when lowering: the shape is computed from data
  DimShape target;
  std::ptrdiff_t inferred = -1;
  for (std::size_t i = 0; i < wanted->size(); ++i) {
    const Affine& entry = (*wanted)[i];
    if (!entry.fixed()) {
      target.push_back(graph.dim_of(entry));
    } else if (entry.offset == 0 && copies) {
      if (i >= x.size()) {
        fail_at(node, "its shape copies extent " + std::to_string(i) + " of an input of rank " +
                          std::to_string(x.size()));
      }
      target.push_back(x[i]);
    } else if (entry.offset == -1 && inferred < 0) {
      inferred = static_cast<std::ptrdiff_t>(i);
      target.push_back(fixed_dim(1));
    } else if (entry.offset < 0 || entry.offset > kMaxElements) {
      fail_at(node, "its shape has the entry " + std::to_string(entry.offset) +
                        "; extents, 0 and one -1 are accepted");
    } else {
      target.push_back(fixed_dim(entry.offset));
    }
  }
  const Size from = size_of(graph, x);
  if (inferred >= 0)
    target[static_cast<std::size_t>(inferred)] = rest_of(graph, from, size_of(graph, target));
  const Size result = size_of(graph, target);
  if (result.symbols.empty() && from.symbols.empty() && result.known != from.known) {
    fail_at(node, "an input " + to_string(x) + " cannot take the shape " + to_string(target));
  }
  finish(graph, node, graph.value(node.inputs[0]).type, std::move(target));
  finish_contents(graph, node, known_contents(graph, node.inputs[0]));
}

/// The extents from axis `start` to axis `end` (left out), which count from the end if negative and
/// are brought into range.
void infer_shape(Graph& graph, Node& node) {
  const DimShape x = graph.shape(node.inputs[0]);
  const auto rank = static_cast<int64_t>(x.size());
  const auto position = [&](int64_t axis) {
    return std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  const int64_t start = position(node.get_int("start", 0));
  const int64_t end = std::max(start, position(node.get_int("end", rank)));
  Contents extents;
  for (int64_t i = start; i < end; ++i)
    extents.push_back(graph.expression_of(x[static_cast<std::size_t>(i)]));
  finish(graph, node, ElementType::kInt64, {fixed_dim(end - start)});
  finish_contents(graph, node, std::move(extents));
}

void infer_transpose(Graph& graph, Node& node) {
  const Value x = graph.value(node.inputs[0]);
  std::vector<int64_t> perm = node.get_ints("perm");
  if (!node.has("perm")) {
    for (std::size_t i = x.shape->size(); i-- > 0;)
      perm.push_back(static_cast<int64_t>(i));
    node.attributes["perm"] = perm;
  }
  std::vector<int64_t> sorted = perm;
  std::sort(sorted.begin(), sorted.end());
  bool valid = perm.size() == x.shape->size();
  for (std::size_t i = 0; i < sorted.size(); ++i)
    valid = valid && sorted[i] == static_cast<int64_t>(i);
  if (!valid) {
    fail_at(node,
            "attribute 'perm' is no permutation of the axes of its input " + to_string(*x.shape));
  }
  DimShape shape;
  for (int64_t axis : perm)
    shape.push_back((*x.shape)[static_cast<std::size_t>(axis)]);
  finish(graph, node, x.type, std::move(shape));
}

void infer_concat(Graph& graph, Node& node) {
  if (!has_shapes(graph, node, node.inputs.size()))
    return;
  const Value first = graph.value(node.inputs[0]);
  DimShape shape = *first.shape;
  const std::size_t axis = normalize_axis(node, node.get_int("axis", 0), shape.size());
  std::optional<Contents> contents = known_contents(graph, node.inputs[0]);
  for (std::size_t i = 1; i < node.inputs.size(); ++i) {
    const DimShape& other = graph.shape(node.inputs[i]);
    if (other.size() != shape.size()) {
      fail_at(node,
              "inputs " + to_string(shape) + " and " + to_string(other) + " have different ranks");
    }
    for (std::size_t k = 0; k < shape.size(); ++k) {
      if (k == axis) {
        shape[k] = sum_of(graph, shape[k], other[k]);
      } else if (shape[k].fixed() && other[k].fixed() && shape[k] != other[k]) {
        fail_at(node, "inputs " + to_string(shape) + " and " + to_string(other) +
                          " differ beside axis " + std::to_string(axis));
      } else if (!shape[k].fixed()) {
        shape[k] = other[k];
      }
    }
    const auto more = known_contents(graph, node.inputs[i]);
    if (contents && more) {
      contents->insert(contents->end(), more->begin(), more->end());
    } else {
      contents.reset();
    }
  }
  finish(graph, node, first.type, std::move(shape));
  constexpr std::size_t kLongest = 64;
  if (!is_float(first.type) && contents && contents->size() <= kLongest)
    finish_contents(graph, node, std::move(contents));
}

void infer_slice(Graph& graph, Node& node) {
  const Value x = graph.value(node.inputs[0]);
  if (!node.has("starts")) {
    return;
  }
  const auto starts = node.get_ints("starts");
  const auto ends = node.get_ints("ends");
  const auto axes = node.get_ints("axes");
  const auto steps = node.get_ints("steps");
  DimShape shape = *x.shape;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    Dim& dim = shape[normalize_axis(node, axes[i], shape.size())];
    if (dim.fixed()) {
      dim = fixed_dim(slice_range(starts[i], ends[i], steps[i], dim.value).count);
    } else if (!(starts[i] == 0 && ends[i] >= kMaxElements && steps[i] == 1) &&
               !(starts[i] >= kMaxElements && ends[i] <= -kMaxElements && steps[i] == -1)) {
      dim = graph.fresh_dim();
    }
  }
  if (node.has(":like_axis")) {
    const auto like = static_cast<std::size_t>(node.get_int(":like_axis", 0));
    shape[normalize_axis(node, axes[0], shape.size())] = graph.shape(node.inputs[1])[like];
    finish(graph, node, x.type, std::move(shape));
    return;
  }
  finish(graph, node, x.type, std::move(shape));
  const auto contents = known_contents(graph, node.inputs[0]);
  if (contents && x.shape->size() == 1 && axes.size() == 1) {
    const auto range =
        slice_range(starts[0], ends[0], steps[0], static_cast<int64_t>(contents->size()));
    Contents kept;
    for (int64_t i = 0; i < range.count; ++i)
      kept.push_back((*contents)[static_cast<std::size_t>(range.start + i * steps[0])]);
    finish_contents(graph, node, std::move(kept));
  }
}

void infer_gather(Graph& graph, Node& node) {
  const Value data = graph.value(node.inputs[0]);
  if (node.input(1) == kNone || !graph.value(node.inputs[1]).shape) {
    return;
  }
  const DimShape indices = graph.shape(node.inputs[1]);
  const std::size_t axis = normalize_axis(node, node.get_int("axis", 0), data.shape->size());
  DimShape shape(data.shape->begin(), data.shape->begin() + static_cast<std::ptrdiff_t>(axis));
  shape.insert(shape.end(), indices.begin(), indices.end());
  shape.insert(shape.end(), data.shape->begin() + static_cast<std::ptrdiff_t>(axis) + 1,
               data.shape->end());
  finish(graph, node, data.type, std::move(shape));
  const auto contents = known_contents(graph, node.inputs[0]);
  if (contents && graph.is_constant(node.inputs[1]) && indices.size() <= 1 &&
      data.shape->size() == 1) {
    Contents picked;
    for (int64_t index : as_ints(graph.constant(node.inputs[1]))) {
      picked.push_back(
          (*contents)[normalize_index(node, index, static_cast<int64_t>(contents->size()))]);
    }
    finish_contents(graph, node, std::move(picked));
  }
  const Dim extent = (*data.shape)[axis];
  if (extent.fixed() && graph.is_constant(node.inputs[1])) {
    for (int64_t index : as_ints(graph.constant(node.inputs[1])))
      (void)normalize_index(node, index, extent.value);
  }
}

void infer_pad(Graph& graph, Node& node) {
  const Value x = graph.value(node.inputs[0]);
  if (!node.has("pads")) {
    return;
  }
  const std::vector<int64_t> pads = node.get_ints("pads");
  const std::size_t rank = x.shape->size();
  if (pads.size() != 2 * rank) {
    fail_at(node, "it has " + std::to_string(pads.size()) + " pads; " + std::to_string(2 * rank) +
                      " are expected");
  }
  DimShape shape = *x.shape;
  for (std::size_t i = 0; i < rank; ++i) {
    if (pads[i] < 0 || pads[i + rank] < 0 || pads[i] > kMaxElements ||
        pads[i + rank] > kMaxElements) {
      fail_at(node, "negative or huge pads are not supported; use Slice to remove values");
    }
    const int64_t sum = pads[i] + pads[i + rank];
    if (sum != 0) {
      shape[i] = sum_of(graph, shape[i], fixed_dim(sum));
    }
  }
  finish(graph, node, x.type, std::move(shape));
}

void infer_split(Graph& graph, Node& node) {
  if (node.inputs.size() != 1)
    return;
  const Value x = graph.value(node.inputs[0]);
  const std::size_t axis = normalize_axis(node, node.get_int("axis", 0), x.shape->size());
  std::vector<int64_t> parts = node.get_ints("split");
  const auto count = static_cast<int64_t>(node.outputs.size());
  if (node.get_int("num_outputs", count) != count) {
    fail_at(node, "attribute 'num_outputs' is " + std::to_string(node.get_int("num_outputs", 0)) +
                      ", and it has " + std::to_string(count) + " outputs");
  }
  const Dim whole = (*x.shape)[axis];
  if (parts.empty() && whole.fixed()) {
    const int64_t part = (whole.value + count - 1) / count;
    for (int64_t i = 0; i < count; ++i)
      parts.push_back(std::clamp<int64_t>(whole.value - i * part, 0, part));
    node.attributes["split"] = parts;
  }
  int64_t sum = 0;
  for (int64_t part : parts) {
    if (part < 0 || part > kMaxElements) {
      fail_at(node, "a part of " + std::to_string(part) + " elements cannot be split off");
    }
    sum += part;
  }
  if (static_cast<int64_t>(parts.size()) != count || (whole.fixed() && sum != whole.value)) {
    fail_at(node, "its parts do not add up to axis " + std::to_string(axis) + " of " +
                      to_string(*x.shape) + "; one part an output with fixed extents is expected");
  }
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i] == kNone) {
      continue;
    }
    DimShape shape = *x.shape;
    shape[axis] = fixed_dim(parts[i]);
    set_output(graph, node, i, x.type, std::move(shape));
  }
}

/// Of constants: numbers from the first up to the second, left out, in steps of the third.
void infer_range(Graph& graph, Node& node) {
  double bounds[3];
  for (std::size_t i = 0; i < 3; ++i) {
    if (!graph.is_constant(node.inputs[i]) || graph.constant(node.inputs[i]).elements() != 1)
      return;
    bounds[i] = as_doubles(graph.constant(node.inputs[i]))[0];
  }
  const double count = std::ceil((bounds[1] - bounds[0]) / bounds[2]);
  if (!(count <= static_cast<double>(kMaxElements)))
    fail_at(node, "it has no end, or more elements than are accepted");
  finish(graph, node, graph.value(node.inputs[0]).type,
         {fixed_dim(static_cast<int64_t>(std::max(count, 0.0)))});
}

/// Expand and ConstantOfShape.
void infer_fill(Graph& graph, Node& node) {
  const Value x = graph.value(node.inputs[0]);
  const bool expand = node.op == "Expand";
  const auto contents = known_contents(graph, node.inputs[expand ? 1 : 0]);
  if (!contents)
    return;
  DimShape target;
  for (const Affine& entry : *contents) {
    if (entry.fixed() && entry.offset < 0) {
      fail_at(node,
              "its shape has the entry " + std::to_string(entry.offset) + "; extents are expected");
    }
    target.push_back(graph.dim_of(entry));
  }
  const TensorPtr fill = expand ? nullptr : node.get_tensor("value");
  finish(graph, node, expand ? x.type : (fill ? fill->type : ElementType::kFloat32),
         expand ? broadcast(node, *x.shape, target) : target);
}

void infer_squeeze(Graph& graph, Node& node) {
  const bool insert = node.op == "Unsqueeze";
  if (node.inputs.size() == 1 && insert && !node.has("axes"))
    fail_at(node, "attribute 'axes' is missing");
  if (node.inputs.size() == 1)
    infer_squeezed(graph, node, insert);
}

void infer_flatten(Graph& graph, Node& node) {
  const Value x = graph.value(node.inputs[0]);
  const int64_t axis = node.get_int("axis", 1);
  const auto rank = static_cast<int64_t>(x.shape->size());
  const int64_t at =
      axis == rank
          ? rank
          : static_cast<int64_t>(rank == 0 ? 0 : normalize_axis(node, axis, x.shape->size()));
  const auto product = [&](int64_t from, int64_t to) {
    if (to - from == 1)
      return (*x.shape)[static_cast<std::size_t>(from)];
    const Size size = size_of(graph, DimShape(x.shape->begin() + from, x.shape->begin() + to));
    return size.symbols.empty()       ? fixed_dim(size.known)
           : size.symbols.size() == 1 ? graph.dim_of({size.known, size.symbols[0], 0})
                                      : graph.fresh_dim();
  };
  finish(graph, node, x.type, {product(0, at), product(at, rank)});
}

}  // namespace edgy::converter::graph
