#include "converter/passes/canonicalize.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "converter/graph/shape_inference.h"

namespace edgy::converter::passes {
namespace {

using graph::ElementType;
using graph::fail_at;
using graph::Graph;
using graph::kNone;
using graph::Node;

/// Moves a constant integer input to attribute `key`. False if the input is there but no constant.
bool input_to_ints(Graph& graph, Node& node, std::size_t input, const char* key) {
  if (node.input(input) == kNone) {
    return true;
  }
  if (!graph.is_constant(node.input(input))) {
    return false;
  }
  const graph::Tensor& constant = graph.constant(node.inputs[input]);
  if (graph::is_float(constant.type) || constant.elements() > 1024) {
    fail_at(node, std::string("its input '") + key + "' must be a short list of integers");
  }
  node.attributes[key] = graph::as_ints(constant);
  return true;
}

/// A constant of one element as double. NaN if the input is absent; nullopt if it is no such
/// constant.
std::optional<double> scalar_input(const Graph& graph, const Node& node, std::size_t input) {
  if (node.input(input) == kNone) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (!graph.is_constant(node.inputs[input]) ||
      graph.constant(node.inputs[input]).elements() != 1) {
    return std::nullopt;
  }
  return graph::as_doubles(graph.constant(node.inputs[input]))[0];
}

void keep_inputs(Node& node, std::size_t count) {
  if (node.inputs.size() > count) {
    node.inputs.resize(count);
  }
}

void canonicalize_slice(Graph& graph, Node& node) {
  if (!node.has("starts")) {
    const bool constant =
        input_to_ints(graph, node, 1, "starts") && input_to_ints(graph, node, 2, "ends") &&
        input_to_ints(graph, node, 3, "axes") && input_to_ints(graph, node, 4, "steps");
    if (!constant) {
      for (const char* key : {"starts", "ends", "axes", "steps"})
        node.attributes.erase(key);
      return;
    }
    keep_inputs(node, 1);
  }
  const std::vector<int64_t> starts = node.get_ints("starts");
  if (!node.has("axes")) {
    std::vector<int64_t> axes;
    for (std::size_t i = 0; i < starts.size(); ++i)
      axes.push_back(static_cast<int64_t>(i));
    node.attributes["axes"] = axes;
  }
  if (!node.has("steps")) {
    node.attributes["steps"] = std::vector<int64_t>(starts.size(), 1);
  }
  const std::vector<int64_t> steps = node.get_ints("steps");
  if (node.get_ints("ends").size() != starts.size() ||
      node.get_ints("axes").size() != starts.size() || steps.size() != starts.size()) {
    fail_at(node, "its starts, ends, axes and steps have different lengths");
  }
  if (std::any_of(steps.begin(), steps.end(), [](int64_t step) {
        return step == 0 || step > graph::kMaxElements || step < -graph::kMaxElements;
      })) {
    fail_at(node, "its steps must be other than 0");
  }
}

void canonicalize_clip(Graph& graph, Node& node) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (node.inputs.size() > 1) {
    const auto low = scalar_input(graph, node, 1);
    const auto high = scalar_input(graph, node, 2);
    if (!low || !high) {
      return;
    }
    node.attributes["min"] = std::isnan(*low) ? -kInfinity : static_cast<float>(*low);
    node.attributes["max"] = std::isnan(*high) ? kInfinity : static_cast<float>(*high);
    keep_inputs(node, 1);
    return;
  }
  // Early operator sets wrote the largest float where they meant no bound.
  constexpr float kLargest = std::numeric_limits<float>::max();
  const float low = node.get_float("min", -kInfinity);
  const float high = node.get_float("max", kInfinity);
  node.attributes["min"] = low == -kLargest ? -kInfinity : low;
  node.attributes["max"] = high == kLargest ? kInfinity : high;
}

/// Pads of some axes become pads of all. False while the rank is not known.
bool pad_all_axes(const Graph& graph, Node& node) {
  const auto& shape = graph.value(node.inputs[0]).shape;
  if (!shape)
    return false;
  const std::vector<int64_t> pads = node.get_ints("pads");
  const std::vector<int64_t> axes = graph::as_ints(graph.constant(node.inputs[3]));
  if (pads.size() != 2 * axes.size()) {
    fail_at(node, "it has " + std::to_string(pads.size()) + " pads for " +
                      std::to_string(axes.size()) + " axes; two an axis are expected");
  }
  std::vector<int64_t> all(2 * shape->size(), 0);
  std::vector<bool> given(shape->size(), false);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = graph::normalize_axis(node, axes[i], shape->size());
    if (given[axis])
      fail_at(node, "axis " + std::to_string(axes[i]) + " is given twice");
    given[axis] = true;
    all[axis] = pads[i];
    all[axis + shape->size()] = pads[i + axes.size()];
  }
  node.attributes["pads"] = all;
  return true;
}

void canonicalize_pad(Graph& graph, Node& node) {
  if (node.inputs.size() > 1) {
    const auto value = scalar_input(graph, node, 2);
    const graph::ValueId axes = node.input(3);
    if (!value || !graph.is_constant(node.inputs[1]) ||
        (axes != kNone && !graph.is_constant(axes)) || !input_to_ints(graph, node, 1, "pads") ||
        (axes != kNone && !pad_all_axes(graph, node))) {
      node.attributes.erase("pads");
      return;
    }
    node.attributes["value"] = std::isnan(*value) ? 0.0F : static_cast<float>(*value);
    keep_inputs(node, 1);
  }
}

/// The runtime has no float64: what is computed in a run is float32, and constants beside it.
void narrow_doubles(Graph& graph, Node& node) {
  const auto moves = [&](graph::ValueId id) { return id != kNone && !graph.is_constant(id); };
  if (!std::any_of(node.inputs.begin(), node.inputs.end(), moves))
    return;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const graph::ValueId id = node.inputs[i];
    if (!graph.is_constant(id) || graph.value(id).type != ElementType::kFloat64)
      continue;
    const std::string name = graph.value(id).name;
    node.inputs.set(
        i, graph.add_constant(name, graph::cast(graph.constant(id), ElementType::kFloat32)));
  }
}

void canonicalize_cast(const Graph& graph, Node& node) {
  switch (node.get_int("to", 0)) {  // numbers of TensorProto.DataType
    case 10:                        // FLOAT16, BFLOAT16: more exact than asked for
    case 16:
    case 1:
      node.attributes[":to_type"] = static_cast<int64_t>(ElementType::kFloat32);
      break;
    case 2:
      node.attributes[":to_type"] = static_cast<int64_t>(ElementType::kUint8);
      break;
    case 3:
      node.attributes[":to_type"] = static_cast<int64_t>(ElementType::kInt8);
      break;
    case 6:
      node.attributes[":to_type"] = static_cast<int64_t>(ElementType::kInt32);
      break;
    case 7:
      node.attributes[":to_type"] = static_cast<int64_t>(ElementType::kInt64);
      break;
    case 9:
      node.attributes[":to_type"] = static_cast<int64_t>(ElementType::kBool);
      break;
    case 11:
      node.attributes[":to_type"] = static_cast<int64_t>(
          graph.is_constant(node.inputs[0]) ? ElementType::kFloat64 : ElementType::kFloat32);
      break;
    default:
      fail_at(node, "it casts to type number " + std::to_string(node.get_int("to", 0)) +
                        "; float16, bfloat16, float32, float64, uint8, int8, int32, int64 and bool "
                        "are accepted");
  }
}

/// Softmax before operator set 13 normalized over all axes from `axis` on: ":axes_from" where they
/// are several.
void canonicalize_softmax(const Graph& graph, Node& node) {
  const auto& shape = graph.value(node.inputs[0]).shape;
  if (graph.opset >= 13) {
    node.attributes["axis"] = node.get_int("axis", -1);
    return;
  }
  if (!shape || node.has(":one_axis")) {
    return;
  }
  const auto rank = shape->size();
  const std::size_t first = graph::normalize_axis(node, node.get_int("axis", 1), rank);
  std::size_t axis = first;
  int wide = 0;  // axes that are not known to have one entry
  for (std::size_t i = first; i < rank; ++i) {
    if (!((*shape)[i] == graph::fixed_dim(1))) {
      axis = i;
      ++wide;
    }
  }
  if (wide > 1) {
    node.attributes[":axes_from"] = static_cast<int64_t>(first);
    return;
  }
  node.attributes["axis"] = static_cast<int64_t>(axis);
  node.attributes[":one_axis"] = int64_t{1};
}

/// Only what Dropout does in inference, nothing, is done here.
void canonicalize_dropout(const Graph& graph, Node& node) {
  if (graph.opset < 7 && node.get_int("is_test", 0) == 0)
    fail_at(node, "it is in training mode (is_test is 0); export the model for inference");
  if (node.input(2) != kNone) {
    const auto training = scalar_input(graph, node, 2);
    if (!training)
      fail_at(node, "its input 'training_mode' must be a constant");
    if (*training != 0)
      fail_at(node, "it is in training mode; export the model for inference");
  }
  keep_inputs(node, 1);
}

void canonicalize_prelu(const Graph& graph, Node& node) {
  const auto slope = scalar_input(graph, node, 1);
  if (slope && !std::isnan(*slope)) {
    node.op = "LeakyRelu";
    node.attributes["alpha"] = static_cast<float>(*slope);
    keep_inputs(node, 1);
  }
}

/// Max and Min with one number are a Clip.
void canonicalize_extremum(const Graph& graph, Node& node) {
  if (node.inputs.size() != 2) {
    return;
  }
  for (std::size_t i = 0; i < 2; ++i) {
    const auto bound = scalar_input(graph, node, i);
    const graph::ValueId x = node.inputs[1 - i];
    if (!bound || std::isnan(*bound) || x == kNone || !graph.value(x).shape ||
        graph.is_constant(x) || graph.value(x).type != ElementType::kFloat32 ||
        graph.value(x).shape->size() < graph.constant(node.inputs[i]).shape.size()) {
      continue;
    }
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    node.attributes["min"] = node.op == "Max" ? static_cast<float>(*bound) : -kInfinity;
    node.attributes["max"] = node.op == "Min" ? static_cast<float>(*bound) : kInfinity;
    node.op = "Clip";
    node.inputs = {x};
    return;
  }
}

}  // namespace

void canonicalize(Graph& graph, Node& node) {
  const std::string op = node.op;
  narrow_doubles(graph, node);
  if (op == "Squeeze" || op == "Unsqueeze" || op.starts_with("Reduce")) {
    if (input_to_ints(graph, node, 1, "axes")) {
      keep_inputs(node, 1);
    }
    if (op.starts_with("Reduce") && node.get_int("noop_with_empty_axes", 0) != 0 &&
        node.get_ints("axes").empty()) {
      node.op = "Identity";
    }
  } else if (op == "Split") {
    if (input_to_ints(graph, node, 1, "split")) {
      keep_inputs(node, 1);
    }
  } else if (op == "Slice") {
    canonicalize_slice(graph, node);
  } else if (op == "Clip") {
    canonicalize_clip(graph, node);
  } else if (op == "Pad") {
    canonicalize_pad(graph, node);
  } else if (op == "Cast") {
    canonicalize_cast(graph, node);
  } else if (op == "Softmax") {
    canonicalize_softmax(graph, node);
  } else if (op == "Max" || op == "Min") {
    canonicalize_extremum(graph, node);
  } else if (op == "PRelu") {
    canonicalize_prelu(graph, node);
  } else if (op == "BatchNormalization") {
    if (graph.opset < 7 && node.get_int("is_test", 0) == 0)
      fail_at(node, "it is in training mode (is_test is 0); export the model for inference");
  } else if (op == "Dropout") {
    canonicalize_dropout(graph, node);
  }
}

}  // namespace edgy::converter::passes
