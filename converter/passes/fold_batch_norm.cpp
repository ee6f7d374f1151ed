#include <algorithm>
#include <cmath>

#include "converter/passes/match.h"
#include "converter/passes/passes.h"

namespace edgy::converter::passes {
namespace {

using graph::Graph;
using graph::Node;
using graph::ValueId;

/// y = x * scale[c] + shift[c]
struct Affine {
  std::vector<double> scale;
  std::vector<double> shift;
  ValueId input = graph::kNone;
};

/// Input whose producer could take a node's affine map in.
ValueId data_input(const Graph& graph, const Node& node) {
  if (node.op == "BatchNormalization") {
    return node.inputs[0];
  }
  if (node.op == "Mul" || node.op == "Add" || node.op == "Sub" || node.op == "Div") {
    const int constant = constant_operand(graph, node);
    return constant < 0 ? graph::kNone : node.inputs[static_cast<std::size_t>(1 - constant)];
  }
  return graph::kNone;
}

std::optional<Affine> read_batch_norm(const Graph& graph, const Node& node, std::size_t rank,
                                      std::size_t axis, std::size_t channels) {
  if (axis != 1 || node.get_int("training_mode", 0) != 0) {
    return std::nullopt;
  }
  std::vector<double> parameters[4];
  for (std::size_t i = 0; i < 4; ++i) {
    auto values = per_channel(graph, node.input(i + 1), 1, 0, channels);
    if (!values) {
      return std::nullopt;
    }
    parameters[i] = std::move(*values);
  }
  const double epsilon = node.get_float("epsilon", 1e-5F);
  Affine affine;
  for (std::size_t c = 0; c < channels && rank >= 2; ++c) {
    const double scale = parameters[0][c] / std::sqrt(parameters[3][c] + epsilon);
    affine.scale.push_back(scale);
    affine.shift.push_back(parameters[1][c] - parameters[2][c] * scale);
  }
  return affine;
}

std::optional<Affine> read_arithmetic(const Graph& graph, const Node& node, std::size_t rank,
                                      std::size_t axis, std::size_t channels) {
  const int constant = constant_operand(graph, node);
  const auto values =
      per_channel(graph, node.inputs[static_cast<std::size_t>(constant)], rank, axis, channels);
  if (!values) {
    return std::nullopt;
  }
  Affine affine{std::vector<double>(channels, 1), std::vector<double>(channels, 0)};
  for (std::size_t c = 0; c < channels; ++c) {
    const double value = (*values)[c];
    if (node.op == "Mul") {
      affine.scale[c] = value;
    } else if (node.op == "Add") {
      affine.shift[c] = value;
    } else if (node.op == "Sub") {
      affine.scale[c] = constant == 0 ? -1 : 1;
      affine.shift[c] = constant == 0 ? value : -value;
    } else if (constant == 1 && value != 0) {
      affine.scale[c] = 1 / value;
    } else {
      return std::nullopt;
    }
  }
  return affine;
}

bool finite(const Affine& affine) {
  const auto ok = [](double value) { return std::isfinite(value); };
  return std::all_of(affine.scale.begin(), affine.scale.end(), ok) &&
         std::all_of(affine.shift.begin(), affine.shift.end(), ok);
}

/// The grid of weights whose output channels (axis 0) were scaled: steps scale with them, and turn
/// round where the factor is negative. Null if steps run along another axis.
std::shared_ptr<const graph::Grid> scaled_grid(const graph::Grid& grid,
                                               const std::vector<double>& factors) {
  if (grid.axis > 0)
    return nullptr;
  graph::Grid result = grid;
  result.axis = 0;
  result.scale.clear();
  result.zero_point.clear();
  for (std::size_t c = 0; c < factors.size(); ++c) {
    const std::size_t i = grid.scale.size() == 1 ? 0 : c;
    const auto scale = static_cast<float>(grid.scale[i] * std::abs(factors[c]));
    if (factors[c] < 0 && grid.zero_point[i] != 0)
      return nullptr;
    result.scale.push_back(std::isnormal(scale) ? scale : grid.scale[i]);
    result.zero_point.push_back(grid.zero_point[i]);
  }
  return std::make_shared<const graph::Grid>(std::move(result));
}

/// Scales the weights' output channels and gives the node a bias.
void apply(Graph& graph, int index, const Affine& affine) {
  const Node node = graph.nodes[static_cast<std::size_t>(index)];
  graph::Tensor weights = graph.constant(node.inputs[1]);
  const std::size_t channels = affine.scale.size();
  auto values = weights.values<float>();
  const std::size_t row = values.size() / channels;
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(values[i] * affine.scale[i / row]);
  std::vector<float> bias(channels);
  const bool has_bias = node.input(2) != graph::kNone;
  const std::vector<double> old = has_bias ? graph::as_doubles(graph.constant(node.inputs[2]))
                                           : std::vector<double>(channels, 0);
  for (std::size_t c = 0; c < channels; ++c)
    bias[c] = static_cast<float>(old[c] * affine.scale[c] + affine.shift[c]);

  const std::string name = graph.value(node.inputs[1]).name;
  const std::string bias_name = has_bias ? graph.value(node.inputs[2]).name : name + ":bias";
  const std::shared_ptr<const graph::Grid> grid = graph.value(node.inputs[1]).grid;
  const ValueId new_weights = graph.add_constant(name, std::move(weights));
  if (grid)
    graph.value(new_weights).grid = scaled_grid(*grid, affine.scale);
  const ValueId new_bias =
      graph.add_constant(bias_name, graph::make_floats({static_cast<int64_t>(channels)}, bias));
  graph.nodes[static_cast<std::size_t>(index)].inputs.resize(3);
  graph.replace_input(index, 1, new_weights);
  graph.replace_input(index, 2, new_bias);
}

bool fold_into_producer(Graph& graph, int index) {
  const Node& node = graph.nodes[static_cast<std::size_t>(index)];
  const ValueId x = data_input(graph, node);
  const int source = graph.producer(x);
  if (source < 0 || !graph.has_single_use(x) || !graph.value(x).shape ||
      !graph.value(node.outputs[0]).shape) {
    return false;
  }
  const Node& producer = graph.nodes[static_cast<std::size_t>(source)];
  const bool conv = producer.op == "Conv";
  if ((!conv && producer.op != "Linear") || producer.has(":activation_min") ||
      !graph.is_constant(producer.input(1)) ||
      graph.value(producer.inputs[1]).type != graph::ElementType::kFloat32 ||
      (producer.input(2) != graph::kNone && !graph.is_constant(producer.inputs[2])) ||
      graph.value(x).shape->size() != graph.value(node.outputs[0]).shape->size()) {
    return false;
  }
  const std::size_t rank = graph.value(x).shape->size();
  const std::size_t axis = conv ? 1 : rank - 1;
  const auto channels = static_cast<std::size_t>(graph.constant(producer.inputs[1]).shape[0]);
  if (channels == 0 ||
      (producer.input(2) != graph::kNone &&
       graph.constant(producer.inputs[2]).elements() != static_cast<int64_t>(channels))) {
    return false;
  }
  const auto affine = node.op == "BatchNormalization"
                          ? read_batch_norm(graph, node, rank, axis, channels)
                          : read_arithmetic(graph, node, rank, axis, channels);
  if (!affine || !finite(*affine)) {
    return false;
  }
  const ValueId output = node.outputs[0];
  apply(graph, source, *affine);
  take_over(graph, source, output);
  return true;
}

}  // namespace

int fold_batch_norm(Graph& graph) {
  int folded = 0;
  for (int index : graph.order()) {
    const Node& node = graph.nodes[static_cast<std::size_t>(index)];
    if (!node.removed && data_input(graph, node) != graph::kNone) {
      folded += fold_into_producer(graph, index) ? 1 : 0;
    }
  }
  return folded;
}

}  // namespace edgy::converter::passes
