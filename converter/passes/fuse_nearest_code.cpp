#include <cmath>

#include "converter/passes/match.h"
#include "converter/passes/passes.h"

namespace edgy::converter::passes {
namespace {

using graph::Graph;
using graph::kNone;
using graph::Node;
using graph::ValueId;

/// The same for every index of the last axis: adding it moves no minimum.
bool constant_along_last_axis(const Graph& graph, ValueId id) {
  const auto& shape = graph.value(id).shape;
  return shape && (shape->empty() || shape->back() == graph::fixed_dim(1));
}

/// Follows `id` up through what keeps the order of squared distances: square roots and lower bounds
/// at 0.
ValueId strip_monotone(Graph& graph, ValueId id) {
  while (graph.producer(id) >= 0) {
    const Node& node = graph.nodes[static_cast<std::size_t>(graph.producer(id))];
    const bool bounded = node.op == "Clip" && node.inputs.size() == 1 &&
                         node.get_float("min", 0) <= 1e-6F &&
                         std::isinf(node.get_float("max", INFINITY));
    if (node.op != "Sqrt" && node.op != "Relu" && !bounded) {
      break;
    }
    id = node.inputs[0];
  }
  return id;
}

/// A sum, as far as it matters which index of the last axis is least: `bias` + `factor` * `term`.
struct Sum {
  ValueId term = kNone;  ///< the one term that is neither constant nor equal along the last axis
  double factor = 0;
  std::vector<double> bias;  ///< one for each index; empty: none
  bool valid = true;         ///< false: there is more than one such term
};

/// Adds factor * `id` to `sum`, looking through Add, Sub, Neg and products with numbers.
void collect(Graph& graph, ValueId id, double factor, int depth, Sum& sum) {
  constexpr int kDeepest = 16;
  if (constant_along_last_axis(graph, id) || !sum.valid) {
    return;
  }
  if (graph.is_constant(id)) {
    const auto& shape = graph.value(id).constant->shape;
    const auto values = per_channel(graph, id, shape.size(), shape.size() - 1,
                                    static_cast<std::size_t>(shape.back()));
    if (!values || (!sum.bias.empty() && sum.bias.size() != values->size())) {
      sum.valid = false;
      return;
    }
    sum.bias.resize(values->size(), 0);
    for (std::size_t k = 0; k < values->size(); ++k)
      sum.bias[k] += factor * (*values)[k];
    return;
  }
  const int index = depth < kDeepest ? graph.producer(id) : -1;
  const std::string op = index < 0 ? "" : graph.nodes[static_cast<std::size_t>(index)].op;
  if (op == "Neg") {
    return collect(graph, graph.nodes[static_cast<std::size_t>(index)].inputs[0], -factor,
                   depth + 1, sum);
  }
  if (op == "Add" || op == "Sub" || op == "Mul" || op == "Div") {
    const graph::Operands inputs = graph.nodes[static_cast<std::size_t>(index)].inputs;
    if (op == "Add" || op == "Sub") {
      collect(graph, inputs[0], factor, depth + 1, sum);
      return collect(graph, inputs[1], op == "Add" ? factor : -factor, depth + 1, sum);
    }
    const auto left = scalar(graph, inputs[0]);
    const auto right = scalar(graph, inputs[1]);
    if (right && *right != 0) {
      return collect(graph, inputs[0], op == "Mul" ? factor * *right : factor / *right, depth + 1,
                     sum);
    }
    if (left && op == "Mul") {
      return collect(graph, inputs[1], factor * *left, depth + 1, sum);
    }
  }
  sum.valid = sum.term == kNone;
  sum.term = id;
  sum.factor = factor;
}

struct Codebook {
  ValueId x = kNone;
  graph::Tensor codes;           ///< [K, D]
  std::vector<float> half_norm;  ///< [K]
};

/// A sum b + f * (w.x) is a squared distance but for terms equal along the last axis and a scale s
/// > 0 when, with codes c = -s f w, |c|^2 / 2 = s b for every code.
std::optional<Codebook> from_linear(Graph& graph, ValueId id, double sign) {
  Sum sum;
  collect(graph, id, sign, 0, sum);
  const Node* linear =
      sum.valid && sum.term != kNone ? producer_of(graph, sum.term, "Linear") : nullptr;
  if (linear == nullptr || linear->has(":activation_min") || !graph.is_constant(linear->input(1)) ||
      (linear->input(2) != kNone && !graph.is_constant(linear->inputs[2]))) {
    return std::nullopt;
  }
  const graph::Tensor& weights = *graph.value(linear->inputs[1]).constant;
  const auto codes = static_cast<std::size_t>(weights.shape[0]);
  const auto depth = static_cast<std::size_t>(weights.shape[1]);
  const auto values = weights.values<float>();
  std::vector<double> bias = sum.bias.empty() ? std::vector<double>(codes, 0) : sum.bias;
  const std::vector<double> own = linear->input(2) == kNone
                                      ? std::vector<double>(codes, 0)
                                      : graph::as_doubles(*graph.value(linear->inputs[2]).constant);
  if (bias.size() != codes || own.size() != codes) {
    return std::nullopt;
  }
  std::vector<double> norm(codes, 0);
  double norms = 0;
  double biases = 0;
  for (std::size_t k = 0; k < codes; ++k) {
    bias[k] += sum.factor * own[k];
    for (std::size_t d = 0; d < depth; ++d)
      norm[k] += std::pow(sum.factor * double{values[k * depth + d]}, 2);
    norms += norm[k];
    biases += bias[k];
  }
  if (!(norms > 0) || !(biases > 0)) {
    return std::nullopt;
  }
  const double scale = 2 * biases / norms;
  for (std::size_t k = 0; k < codes; ++k) {
    if (!(std::abs(scale * norm[k] / 2 - bias[k]) <= 1e-3 * biases / static_cast<double>(codes))) {
      return std::nullopt;
    }
  }
  // A power of two but for rounding is meant to be one: then codes come out as they went in.
  const double power = std::exp2(std::round(std::log2(scale)));
  const double factor = std::abs(scale - power) < 1e-4 * scale ? power : scale;
  Codebook book{linear->inputs[0], weights, {}};
  for (float& value : book.codes.values<float>())
    value = static_cast<float>(-factor * sum.factor * value);
  for (std::size_t k = 0; k < codes; ++k)
    book.half_norm.push_back(static_cast<float>(bias[k] * factor));
  return book;
}

/// sum((x[..., 1, D] - codes[K, D])^2) over the last axis.
std::optional<Codebook> from_distances(Graph& graph, ValueId id, double sign) {
  const int index = graph.producer(id);
  if (index < 0 || sign < 0) {
    return std::nullopt;
  }
  const Node& sum = graph.nodes[static_cast<std::size_t>(index)];
  if ((sum.op != "ReduceSum" && sum.op != "ReduceMean" && sum.op != "ReduceSumSquare" &&
       sum.op != "ReduceL2") ||
      sum.get_int("keepdims", 1) != 0 || !graph.value(sum.inputs[0]).shape ||
      !reduces_last_axis(graph, sum)) {
    return std::nullopt;
  }
  ValueId difference = sum.inputs[0];
  if (sum.op == "ReduceSum" || sum.op == "ReduceMean") {
    const Node* pow = producer_of(graph, difference, "Pow");
    const Node* mul = producer_of(graph, difference, "Mul");
    if (pow != nullptr && is_scalar(graph, pow->inputs[1], 2)) {
      difference = pow->inputs[0];
    } else if (mul != nullptr && mul->inputs[0] == mul->inputs[1]) {
      difference = mul->inputs[0];
    } else {
      return std::nullopt;
    }
  }
  const Node* sub = producer_of(graph, difference, "Sub");
  const int constant = sub == nullptr ? -1 : constant_operand(graph, *sub);
  if (constant < 0) {
    return std::nullopt;
  }
  const graph::TensorPtr codes =
      graph.value(sub->inputs[static_cast<std::size_t>(constant)]).constant;
  const ValueId spread = sub->inputs[static_cast<std::size_t>(1 - constant)];
  const Node* unsqueeze = producer_of(graph, spread, "Unsqueeze");
  if (codes->rank() < 2 || codes->type != graph::ElementType::kFloat32 || unsqueeze == nullptr ||
      !graph.value(spread).shape || !graph.value(unsqueeze->inputs[0]).shape) {
    return std::nullopt;
  }
  const graph::DimShape& shape = *graph.value(spread).shape;
  const graph::DimShape& source = *graph.value(unsqueeze->inputs[0]).shape;
  const int64_t depth = codes->shape.back();
  const int64_t count = codes->shape[codes->shape.size() - 2];
  if (codes->elements() != count * depth || shape.size() < 2 ||
      shape.back() != graph::fixed_dim(depth) || shape[shape.size() - 2] != graph::fixed_dim(1) ||
      source.empty() || source.back() != graph::fixed_dim(depth)) {
    return std::nullopt;
  }
  Codebook book{unsqueeze->inputs[0], graph::reshaped(*codes, {count, depth}), {}};
  const auto values = book.codes.values<float>();
  for (int64_t k = 0; k < count; ++k) {
    double norm = 0;
    for (int64_t d = 0; d < depth; ++d)
      norm += std::pow(double{values[static_cast<std::size_t>(k * depth + d)]}, 2);
    book.half_norm.push_back(static_cast<float>(norm / 2));
  }
  return book;
}

bool fuse_at(Graph& graph, int index) {
  const Node node = graph.nodes[static_cast<std::size_t>(index)];
  const auto& distances = graph.value(node.inputs[0]).shape;
  if (!distances || distances->empty() || node.get_int("select_last_index", 0) != 0 ||
      node.get_int("keepdims", 1) != 0) {
    return false;
  }
  const int64_t axis = node.get_int("axis", 0);
  if (axis != -1 && axis != static_cast<int64_t>(distances->size()) - 1) {
    return false;
  }
  // The largest of negated distances: one negation is looked through here, so that roots below it
  // are found.
  double sign = node.op == "ArgMin" ? 1 : -1;
  ValueId distance = node.inputs[0];
  if (const Node* neg = producer_of(graph, distance, "Neg")) {
    distance = neg->inputs[0];
    sign = -sign;
  }
  const ValueId squared = sign > 0 ? strip_monotone(graph, distance) : distance;
  auto book = from_linear(graph, squared, sign);
  if (!book) {
    book = from_distances(graph, squared, sign);
  }
  if (!book || graph.value(book->x).shape->size() != distances->size()) {
    return false;
  }
  const std::string name = node.name.empty() ? graph.value(node.outputs[0]).name : node.name;
  const auto count = static_cast<int64_t>(book->half_norm.size());
  const ValueId codes = graph.add_constant(name + ":codebook", std::move(book->codes));
  const ValueId norms =
      graph.add_constant(name + ":half_norm", graph::make_floats({count}, book->half_norm));
  Node& changed = graph.nodes[static_cast<std::size_t>(index)];
  changed.op = "NearestCode";
  changed.attributes.clear();
  changed.inputs.resize(3);
  graph.replace_input(index, 0, book->x);
  graph.replace_input(index, 1, codes);
  graph.replace_input(index, 2, norms);
  return true;
}

}  // namespace

int fuse_nearest_code(Graph& graph) {
  int fused = 0;
  for (int index : graph.order()) {
    const Node& node = graph.nodes[static_cast<std::size_t>(index)];
    if (!node.removed && (node.op == "ArgMin" || node.op == "ArgMax")) {
      fused += fuse_at(graph, index) ? 1 : 0;
    }
  }
  return fused;
}

}  // namespace edgy::converter::passes
