#include "converter/graph/shape_inference.h"

#include <algorithm>
#include <set>

#include "converter/graph/windows.h"

namespace edgy::converter::graph {
namespace {

const std::set<std::string>& same_shape_operators() {
  static const std::set<std::string> names = {
#define EDGY_UNARY(name, ...) #name,
#include "kernels/float/unary.inc"
      "Cast",     "Not",       "PRelu",   "BatchNormalization",
      "Softmax",  "Identity",  "Dropout", "LayerNormalization",
      "Quantize", "Dequantize"};
  return names;
}

const std::set<std::string>& binary_operators() {
  static const std::set<std::string> names = {
#define EDGY_BINARY(name, ...) #name,
#include "kernels/float/binary.inc"
      "Mean"};
  return names;
}

const std::set<std::string>& comparisons() {
  static const std::set<std::string> names = {"Equal",          "Less", "Greater", "LessOrEqual",
                                              "GreaterOrEqual", "And",  "Or"};
  return names;
}

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

bool conflict(const Dim& a, const Dim& b) {
  return a.fixed() && b.fixed() && a.value != b.value;
}

void infer_window(Graph& graph, Node& node, bool conv) {
  const DimShape x = *graph.value(node.inputs[0]).shape;
  std::vector<int64_t> kernel;
  DimShape result;
  if (conv) {
    const auto weights = fixed_shape(*graph.value(node.inputs[1]).shape);
    if (!weights || weights->size() != x.size() || x.size() < 3) {
      fail_at(node, "weights of the rank of its input with fixed extents are expected, here " +
                        to_string(*graph.value(node.inputs[1]).shape) + " for an input " +
                        to_string(x));
    }
    kernel.assign(weights->begin() + 2, weights->end());
    const int64_t groups = node.get_int("group", 1);
    if (groups < 1 || groups > (*weights)[0] || (*weights)[0] % groups != 0 || (*weights)[1] < 1 ||
        std::any_of(kernel.begin(), kernel.end(), [](int64_t k) { return k < 1; }) ||
        (x[1].fixed() && (x[1].value % groups != 0 || x[1].value / groups != (*weights)[1]))) {
      fail_at(node, "input " + to_string(x) + ", weights " +
                        to_string(*graph.value(node.inputs[1]).shape) + " and group " +
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

void infer_matmul(Graph& graph, Node& node) {
  DimShape a = *graph.value(node.inputs[0]).shape;
  DimShape b = *graph.value(node.inputs[1]).shape;
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
  DimShape a = *graph.value(node.inputs[0]).shape;
  DimShape b = *graph.value(node.inputs[1]).shape;
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

void infer_reduce(Graph& graph, Node& node, bool arg) {
  if (node.inputs.size() > 1) {
    return;  // axes that are computed from data
  }
  const DimShape x = *graph.value(node.inputs[0]).shape;
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

void infer_recurrent(Graph& graph, Node& node) {
  const DimShape x = *graph.value(node.inputs[0]).shape;
  const DimShape r = *graph.value(node.inputs[2]).shape;
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

/// Arithmetic on values that describe shapes: known entries give known entries.
void track_arithmetic(Graph& graph, Node& node) {
  const auto a = known_contents(graph, node.input(0));
  const auto b = known_contents(graph, node.input(1));
  if (!a || !b || (a->size() != b->size() && a->size() != 1 && b->size() != 1)) {
    return;
  }
  DimShape result;
  for (std::size_t i = 0; i < std::max(a->size(), b->size()); ++i) {
    const Dim& x = (*a)[a->size() == 1 ? 0 : i];
    const Dim& y = (*b)[b->size() == 1 ? 0 : i];
    const bool known = x.fixed() && y.fixed() && x.value <= kMaxElements && y.value <= kMaxElements;
    int64_t value = -1;
    if (known && node.op == "Mul")
      value = x.value * y.value;
    if (known && node.op == "Add")
      value = x.value + y.value;
    if (known && node.op == "Sub")
      value = x.value - y.value;
    if (known && node.op == "Div" && y.value > 0)
      value = x.value / y.value;
    result.push_back(value >= 0 && value <= kMaxElements ? fixed_dim(value) : graph.fresh_dim());
  }
  graph.value(node.outputs[0]).contents = std::move(result);
}

}  // namespace

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

std::optional<DimShape> known_contents(const Graph& graph, ValueId id) {
  if (id == kNone) {
    return std::nullopt;
  }
  const Value& value = graph.value(id);
  if (value.contents) {
    return value.contents;
  }
  if (!value.constant || is_float(value.type) || value.constant->elements() > 64 ||
      value.constant->rank() > 1) {
    return std::nullopt;
  }
  DimShape entries;
  for (int64_t entry : as_ints(*value.constant)) {
    if (entry < 0) {
      return std::nullopt;
    }
    entries.push_back(fixed_dim(entry));
  }
  return entries;
}

void infer_node(Graph& graph, Node& node) {
  std::size_t required = node.op == "Conv" || node.op == "MatMul" || node.op == "Gemm" ? 2 : 1;
  if (binary_operators().contains(node.op) || comparisons().contains(node.op))
    required = node.inputs.size();
  if (node.op == "LSTM" || node.op == "GRU" || node.op == "Where")
    required = 3;
  if (node.op == "Concat")
    required = node.inputs.size();
  for (std::size_t i = 0; i < std::min(required, node.inputs.size()); ++i) {
    if (!graph.value(node.input(i)).shape) {
      return;
    }
  }
  const Value x = node.inputs.empty() ? Value{} : graph.value(node.inputs[0]);
  if (infer_movement(graph, node)) {
    return;
  }
  if (same_shape_operators().contains(node.op)) {
    ElementType type = x.type;
    if (node.op == "Cast")
      type = static_cast<ElementType>(node.get_int("to_type", 0));
    if (node.op == "Quantize")
      type = ElementType::kInt8;
    if (node.op == "Dequantize")
      type = ElementType::kFloat32;
    set_output(graph, node, 0, type, *x.shape);
    if (node.op == "Cast" && !is_float(graph.value(node.outputs[0]).type)) {
      graph.value(node.outputs[0]).contents = known_contents(graph, node.inputs[0]);
    }
  } else if (binary_operators().contains(node.op) || comparisons().contains(node.op)) {
    DimShape shape = *x.shape;
    for (std::size_t i = 1; i < node.inputs.size(); ++i) {
      shape = broadcast(node, shape, *graph.value(node.inputs[i]).shape);
    }
    set_output(graph, node, 0, comparisons().contains(node.op) ? ElementType::kBool : x.type,
               std::move(shape));
    if (!is_float(x.type) && node.inputs.size() == 2) {
      track_arithmetic(graph, node);
    }
  } else if (node.op == "Where") {
    const Value& y = graph.value(node.inputs[1]);
    set_output(
        graph, node, 0, y.type,
        broadcast(node, broadcast(node, *x.shape, *y.shape), *graph.value(node.inputs[2]).shape));
  } else if (node.op == "Conv") {
    infer_window(graph, node, true);
  } else if (node.op == "MaxPool" || node.op == "AveragePool") {
    infer_window(graph, node, false);
  } else if (node.op == "GlobalAveragePool" || node.op == "GlobalMaxPool") {
    DimShape shape = *x.shape;
    for (std::size_t i = 2; i < shape.size(); ++i)
      shape[i] = fixed_dim(1);
    set_output(graph, node, 0, x.type, std::move(shape));
  } else if (node.op == "MatMul") {
    infer_matmul(graph, node);
  } else if (node.op == "Gemm") {
    infer_gemm(graph, node);
  } else if (node.op.starts_with("Reduce")) {
    infer_reduce(graph, node, false);
  } else if (node.op == "ArgMax" || node.op == "ArgMin") {
    infer_reduce(graph, node, true);
  } else if (node.op == "LSTM" || node.op == "GRU") {
    infer_recurrent(graph, node);
  }
}

}  // namespace edgy::converter::graph
