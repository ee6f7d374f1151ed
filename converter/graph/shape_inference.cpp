#include "converter/graph/shape_inference.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "converter/graph/shape_rules.h"
#include "converter/graph/windows.h"

namespace edgy::converter::graph {
namespace {

bool conflict(const Dim& a, const Dim& b) {
  return a.fixed() && b.fixed() && a.value != b.value;
}

void infer_window(Graph& graph, Node& node, bool conv) {
  const DimShape x = graph.shape(node.inputs[0]);
  std::vector<int64_t> kernel;
  DimShape result;
  if (conv) {
    const auto weights = fixed_shape(graph.shape(node.inputs[1]));
    if (!weights || weights->size() != x.size() || x.size() < 3) {
      fail_at(node, "weights of the rank of its input with fixed extents are expected, here " +
                        to_string(graph.shape(node.inputs[1])) + " for an input " + to_string(x));
    }
    kernel.assign(weights->begin() + 2, weights->end());
    const int64_t groups = node.get_int("group", 1);
    if (groups < 1 || groups > (*weights)[0] || (*weights)[0] % groups != 0 || (*weights)[1] < 1 ||
        std::any_of(kernel.begin(), kernel.end(), [](int64_t k) { return k < 1; }) ||
        (x[1].fixed() && (x[1].value % groups != 0 || x[1].value / groups != (*weights)[1]))) {
      fail_at(node, "input " + to_string(x) + ", weights " +
                        to_string(graph.shape(node.inputs[1])) + " and group " +
                        std::to_string(groups) + " do not fit each other");
    }
    result = {x[0], fixed_dim((*weights)[0])};
  } else if (x.size() >= 3) {
    result = {x[0], x[1]};
  }
  const Windows windows = read_windows(node, x, kernel);
  for (std::size_t axis = 0; axis + 2 < x.size(); ++axis) {
    result.push_back(window_output(graph, node, windows, axis, x[axis + 2]));
  }
  set_output(graph, node, 0, graph.value(node.inputs[0]).type, std::move(result));
}

void infer_reduced(Graph& graph, Node& node, bool arg) {
  if (node.inputs.size() > 1) {
    return;  // axes that are computed from data
  }
  const DimShape x = graph.shape(node.inputs[0]);
  std::vector<int64_t> axes =
      arg ? std::vector<int64_t>{node.get_int("axis", 0)} : node.get_ints("axes");
  if (axes.empty()) {
    for (std::size_t i = 0; i < x.size(); ++i)
      axes.push_back(static_cast<int64_t>(i));
  }
  std::vector<bool> reduced(x.size(), false);
  for (int64_t axis : axes)
    reduced[normalize_axis(node, axis, x.size())] = true;
  DimShape result;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!reduced[i]) {
      result.push_back(x[i]);
    } else if (node.get_int("keepdims", 1) != 0) {
      result.push_back(fixed_dim(1));
    }
  }
  set_output(graph, node, 0, arg ? ElementType::kInt64 : graph.value(node.inputs[0]).type,
             std::move(result));
}

/// a + sign * b, or nullopt where that depends on two symbols.
std::optional<Affine> sum_of(const Affine& a, const Affine& b, int64_t sign) {
  if (!a.fixed() && !b.fixed() && a.symbol != b.symbol)
    return std::nullopt;
  Affine sum{a.factor + sign * b.factor, a.fixed() ? b.symbol : a.symbol,
             a.offset + sign * b.offset};
  if (sum.fixed())
    sum.symbol.clear();
  return sum;
}

std::optional<Affine> product_of(const Affine& a, const Affine& b) {
  if (!a.fixed() && !b.fixed())
    return std::nullopt;
  const Affine& x = a.fixed() ? b : a;
  const int64_t factor = a.fixed() ? a.offset : b.offset;
  Affine product{x.factor * factor, x.symbol, x.offset * factor};
  if (product.fixed())
    product.symbol.clear();
  return product;
}

/// Integer division, which is exact or of numbers.
std::optional<Affine> quotient_of(const Affine& a, const Affine& b) {
  if (!b.fixed() || b.offset == 0 ||
      (!a.fixed() && (a.factor % b.offset != 0 || a.offset % b.offset != 0)))
    return std::nullopt;
  return Affine{a.factor / b.offset, a.symbol, a.offset / b.offset};
}

bool is_small(const Affine& a) {
  return std::abs(a.factor) <= kMaxElements && std::abs(a.offset) <= kMaxElements;
}

/// Arithmetic on values that describe shapes: known entries give known entries, others a symbol of
/// their own.
void track_arithmetic(Graph& graph, Node& node) {
  const auto a = known_contents(graph, node.input(0));
  const auto b = known_contents(graph, node.input(1));
  if (!a || !b || (a->size() != b->size() && a->size() != 1 && b->size() != 1)) {
    return;
  }
  Contents result;
  const std::size_t count = a->size() == 1 ? b->size() : a->size();
  for (std::size_t i = 0; i < count; ++i) {
    const Affine& x = (*a)[a->size() == 1 ? 0 : i];
    const Affine& y = (*b)[b->size() == 1 ? 0 : i];
    std::optional<Affine> value;
    if (is_small(x) && is_small(y)) {
      value = node.op == "Mul"   ? product_of(x, y)
              : node.op == "Add" ? sum_of(x, y, 1)
              : node.op == "Sub" ? sum_of(x, y, -1)
              : node.op == "Div" ? quotient_of(x, y)
                                 : std::nullopt;
    }
    result.push_back(value && is_small(*value) ? *value : affine_of(graph.fresh_dim()));
  }
  graph.value(node.outputs[0]).contents = std::move(result);
}

}  // namespace

void set_output(Graph& graph, const Node& node, std::size_t output, ElementType type,
                DimShape shape) {
  if (output >= node.outputs.size() || node.outputs[output] == kNone) {
    return;
  }
  if (shape.size() > static_cast<std::size_t>(kMaxRank)) {
    fail_at(node, "its output would have " + std::to_string(shape.size()) +
                      " dimensions; at most " + std::to_string(kMaxRank) + " are accepted");
  }
  for (const Dim& dim : shape) {
    if (dim.value > kMaxElements) {
      fail_at(node, "its output would have an extent of " + std::to_string(dim.value) +
                        "; at most " + std::to_string(kMaxElements) + " is accepted");
    }
  }
  graph.value(node.outputs[output]).type = type;
  graph.value(node.outputs[output]).shape = std::move(shape);
}

std::size_t normalize_index(const Node& node, int64_t index, int64_t extent) {
  if (index < -extent || index >= extent) {
    fail_at(node, "index " + std::to_string(index) + " is outside " +
                      (extent == 0 ? "an axis without elements"
                                   : std::to_string(-extent) + ".." + std::to_string(extent - 1)));
  }
  return static_cast<std::size_t>(index < 0 ? index + extent : index);
}

std::size_t normalize_axis(const Node& node, int64_t axis, std::size_t rank) {
  const auto r = static_cast<int64_t>(rank);
  if (axis < -r || axis >= r) {
    fail_at(node, "axis " + std::to_string(axis) + " is outside a tensor of rank " +
                      std::to_string(rank));
  }
  return static_cast<std::size_t>(axis < 0 ? axis + r : axis);
}

DimShape broadcast(const Node& node, const DimShape& a, const DimShape& b) {
  DimShape result;
  const std::size_t rank = std::max(a.size(), b.size());
  for (std::size_t i = 0; i < rank; ++i) {
    const Dim x = i + a.size() >= rank ? a[i + a.size() - rank] : fixed_dim(1);
    const Dim y = i + b.size() >= rank ? b[i + b.size() - rank] : fixed_dim(1);
    if (x.fixed() && y.fixed() && x.value != y.value && x.value != 1 && y.value != 1) {
      fail_at(node, "shapes " + to_string(a) + " and " + to_string(b) + " do not broadcast");
    }
    // A symbol beside a number above 1 can only be that number (or 1).
    result.push_back(x.fixed() && x.value == 1 ? y : (y.fixed() && y.value != 1 ? y : x));
  }
  return result;
}

std::optional<Contents> known_contents(const Graph& graph, ValueId id) {
  if (id == kNone) {
    return std::nullopt;
  }
  const Value& value = graph.value(id);
  if (value.contents) {
    return value.contents;
  }
  constexpr int64_t kLongest = 64;
  if (!value.constant || is_float(value.type) || value.constant->elements() > kLongest ||
      value.constant->rank() > 1) {
    return std::nullopt;
  }
  Contents entries;
  for (int64_t entry : as_ints(*value.constant))
    entries.push_back({0, {}, entry});
  return entries;
}

bool has_shapes(const Graph& graph, const Node& node, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (node.input(i) == kNone || !graph.value(node.inputs[i]).shape)
      return false;
  }
  return true;
}

void infer_none(Graph& /*graph*/, Node& /*node*/) {}

void infer_same(Graph& graph, Node& node) {
  set_output(graph, node, 0, graph.value(node.inputs[0]).type, graph.shape(node.inputs[0]));
}

void infer_quantize(Graph& graph, Node& node) {
  set_output(graph, node, 0, ElementType::kInt8, graph.shape(node.inputs[0]));
}

void infer_dequantize(Graph& graph, Node& node) {
  set_output(graph, node, 0, ElementType::kFloat32, graph.shape(node.inputs[0]));
}

void infer_cast(Graph& graph, Node& node) {
  const auto type = static_cast<ElementType>(node.get_int(":to_type", 0));
  const DimShape shape = graph.shape(node.inputs[0]);
  set_output(graph, node, 0, type, shape);
  if (shape.size() <= 1 && (type == ElementType::kInt64 || type == ElementType::kInt32))
    graph.value(node.outputs[0]).contents = known_contents(graph, node.inputs[0]);
}

namespace {

/// The shape that all inputs broadcast to; nullopt while one has none.
std::optional<DimShape> broadcast_of(const Graph& graph, const Node& node) {
  if (!has_shapes(graph, node, node.inputs.size()))
    return std::nullopt;
  DimShape shape = graph.shape(node.inputs[0]);
  for (std::size_t i = 1; i < node.inputs.size(); ++i)
    shape = broadcast(node, shape, graph.shape(node.inputs[i]));
  return shape;
}

}  // namespace

void infer_broadcast(Graph& graph, Node& node) {
  auto shape = broadcast_of(graph, node);
  if (!shape)
    return;
  const ElementType type = graph.value(node.inputs[0]).type;
  const bool lists = shape->size() <= 1 && node.inputs.size() == 2 &&
                     (type == ElementType::kInt64 || type == ElementType::kInt32);
  set_output(graph, node, 0, type, std::move(*shape));
  if (lists)
    track_arithmetic(graph, node);
}

void infer_compare(Graph& graph, Node& node) {
  if (auto shape = broadcast_of(graph, node))
    set_output(graph, node, 0, ElementType::kBool, std::move(*shape));
}

void infer_flag(Graph& graph, Node& node) {
  set_output(graph, node, 0, ElementType::kBool, graph.shape(node.inputs[0]));
}

void infer_where(Graph& graph, Node& node) {
  if (auto shape = broadcast_of(graph, node))
    set_output(graph, node, 0, graph.value(node.inputs[1]).type, std::move(*shape));
}

void infer_conv(Graph& graph, Node& node) {
  if (has_shapes(graph, node, 2))
    infer_window(graph, node, true);
}

void infer_pool(Graph& graph, Node& node) {
  infer_window(graph, node, false);
}

void infer_global_pool(Graph& graph, Node& node) {
  DimShape shape = graph.shape(node.inputs[0]);
  for (std::size_t i = 2; i < shape.size(); ++i)
    shape[i] = fixed_dim(1);
  set_output(graph, node, 0, graph.value(node.inputs[0]).type, std::move(shape));
}

void infer_matmul(Graph& graph, Node& node) {
  if (!has_shapes(graph, node, 2))
    return;
  DimShape a = graph.shape(node.inputs[0]);
  DimShape b = graph.shape(node.inputs[1]);
  if (a.empty() || b.empty()) {
    fail_at(node, "a scalar cannot be multiplied as a matrix");
  }
  const bool a_vector = a.size() == 1;
  const bool b_vector = b.size() == 1;
  if (a_vector)
    a.insert(a.begin(), fixed_dim(1));
  if (b_vector)
    b.push_back(fixed_dim(1));
  if (conflict(a.back(), b[b.size() - 2])) {
    fail_at(node, "shapes " + to_string(a) + " and " + to_string(b) + " cannot be multiplied");
  }
  DimShape result =
      broadcast(node, DimShape(a.begin(), a.end() - 2), DimShape(b.begin(), b.end() - 2));
  if (!a_vector)
    result.push_back(a[a.size() - 2]);
  if (!b_vector)
    result.push_back(b.back());
  set_output(graph, node, 0, graph.value(node.inputs[0]).type, std::move(result));
}

void infer_gemm(Graph& graph, Node& node) {
  if (!has_shapes(graph, node, 2))
    return;
  DimShape a = graph.shape(node.inputs[0]);
  DimShape b = graph.shape(node.inputs[1]);
  if (a.size() != 2 || b.size() != 2) {
    fail_at(node, "matrices are expected, here " + to_string(a) + " and " + to_string(b));
  }
  if (node.get_int("transA", 0) != 0)
    std::swap(a[0], a[1]);
  if (node.get_int("transB", 0) != 0)
    std::swap(b[0], b[1]);
  if (conflict(a[1], b[0])) {
    fail_at(node, "shapes " + to_string(a) + " and " + to_string(b) + " cannot be multiplied");
  }
  set_output(graph, node, 0, graph.value(node.inputs[0]).type, {a[0], b[1]});
}

void infer_recurrent(Graph& graph, Node& node) {
  if (!has_shapes(graph, node, 3))
    return;
  const DimShape x = graph.shape(node.inputs[0]);
  const DimShape r = graph.shape(node.inputs[2]);
  if (x.size() != 3 || r.size() != 3) {
    fail_at(node,
            "an input [T, N, I] and recurrent weights [directions, gates, H] are expected, here " +
                to_string(x) + " and " + to_string(r));
  }
  const ElementType type = graph.value(node.inputs[0]).type;
  set_output(graph, node, 0, type, {x[0], r[0], x[1], r[2]});
  set_output(graph, node, 1, type, {r[0], x[1], r[2]});
  set_output(graph, node, 2, type, {r[0], x[1], r[2]});
}

void infer_reduce(Graph& graph, Node& node) {
  infer_reduced(graph, node, false);
}

void infer_arg_reduce(Graph& graph, Node& node) {
  infer_reduced(graph, node, true);
}

void infer_node(Graph& graph, Node& node) {
  using Rule = void (*)(Graph&, Node&);
  static const std::map<std::string, Rule> rules = {
#define EDGY_ONNX(name, domain, since, inputs, outputs, constants, shape, ...) \
  {#name, infer_##shape},
#include "converter/graph/operators.inc"
  };
  const auto found = rules.find(node.op);
  if (found == rules.end() || (!node.inputs.empty() && !has_shapes(graph, node, 1)))
    return;
  at_node(node, [&] { found->second(graph, node); });
  // The runtime has no float64: what is computed in a run is float32.
  const auto moves = [&](ValueId id) { return id != kNone && !graph.is_constant(id); };
  if (std::any_of(node.inputs.begin(), node.inputs.end(), moves)) {
    for (const ValueId output : node.outputs) {
      if (output != kNone && graph.value(output).type == ElementType::kFloat64)
        graph.value(output).type = ElementType::kFloat32;
    }
  }
}

}  // namespace edgy::converter::graph
