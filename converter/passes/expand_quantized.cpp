// Operators of quantized models, in terms of float operators between Dequantize and Quantize.
#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "converter/graph/shape_inference.h"
#include "converter/passes/match.h"
#include "converter/passes/passes.h"
#include "converter/passes/quantization.h"

namespace edgy::converter::passes {
namespace {

using graph::ElementType;
using graph::Graph;
using graph::Grid;
using graph::kNone;
using graph::Node;
using graph::Tensor;
using graph::ValueId;

/// Rewrites nodes; what it adds has the name and place of the node it stands for.
class Expansion {
 public:
  explicit Expansion(Graph& graph) : graph_(graph) {}

  bool rewrite(int index) {
    const Node node = graph_.nodes[static_cast<std::size_t>(index)];
    const std::string& op = node.op;
    if (op == "DequantizeLinear") {
      replace(index, dequantize_linear(node));
    } else if (op == "QuantizeLinear") {
      replace(index, quantize_linear(node));
    } else if (op == "FakeQuantize") {
      replace(index, fake_quantize(node));
    } else if (op == "QLinearConv") {
      replace(index, qlinear_conv(node));
    } else if (op == "QLinearMatMul") {
      replace(index, qlinear_matmul(node));
    } else if (op == "QGemm") {
      replace(index, qgemm(node));
    } else if (op == "QLinearAdd" || op == "QLinearMul") {
      replace(index, qlinear_binary(node));
    } else if (op == "QLinearSigmoid" || op == "QLinearLeakyRelu" ||
               op == "QLinearGlobalAveragePool") {
      replace(index, qlinear_unary(node));
    } else if (op == "ConvInteger" || op == "MatMulInteger") {
      replace(index, integer_product(node));
    } else if (op == "DynamicQuantizeLinear") {
      dynamic_quantize(index, node);
    } else {
      return moves_integers(index, node);
    }
    return true;
  }

 private:
  /// A new node with one output.
  ValueId add(const Node& origin, const std::string& op, std::vector<ValueId> inputs,
              std::map<std::string, graph::Attribute> attributes = {}) {
    Node node;
    node.name = origin.name;
    node.index = origin.index;
    node.op = op;
    node.inputs = std::move(inputs);
    node.attributes = std::move(attributes);
    node.source = origin.source;
    graph::Value value;
    value.name = graph_.unused_name(graph_.value(origin.outputs[0]).name + ":" + op);
    node.outputs = {graph_.add_value(std::move(value))};
    const ValueId result = node.outputs[0];
    graph::infer_node(graph_, graph_.add_node(std::move(node)));
    return result;
  }

  void replace(int index, ValueId by) {
    const ValueId old = graph_.nodes[static_cast<std::size_t>(index)].outputs[0];
    graph_.remove_node(index);
    graph_.replace_all_uses(old, by);
  }

  ValueId add_number(float value) {
    return graph_.add_constant("number", graph::make_floats({}, {&value, 1}));
  }

  ValueId add_grid_constant(const std::string& hint, Tensor tensor, Grid grid) {
    const ValueId id = graph_.add_constant(hint, std::move(tensor));
    graph_.value(id).grid = std::make_shared<const Grid>(std::move(grid));
    return id;
  }

  static std::map<std::string, graph::Attribute> attributes_of(const Node& node, const Grid& grid) {
    if (grid.axis >= 0)
      graph::fail_at(node, "activations quantized per channel are not supported; per tensor are");
    return {{"scale", grid.scale[0]},
            {"zero_point", int64_t{grid.zero_point[0]}},
            {"bits", int64_t{grid.bits}},
            {"qmin", int64_t{grid.qmin}},
            {"qmax", int64_t{grid.qmax}}};
  }

  ElementType integer_type(ValueId id) const {
    const graph::Value& value = graph_.value(id);
    return value.type == ElementType::kInt8 ? ElementType::kInt8 : ElementType::kUint8;
  }

  /// Real values of the quantized tensor `id`.
  ValueId dequantize(const Node& node, ValueId id, const QuantizationInputs& inputs, int axis) {
    if (!graph_.is_constant(id)) {
      const Grid grid = read_grid(graph_, node, inputs, integer_type(id), axis);
      return add(node, "Dequantize", {id}, attributes_of(node, grid));
    }
    const graph::TensorPtr tensor = graph_.value(id).constant;
    const auto positive =
        static_cast<std::size_t>(axis < 0 ? std::max(0, axis + tensor->rank()) : axis);
    Tensor real = dequantized(graph_, node, *tensor, inputs, positive, 0);
    const std::string& name = graph_.value(id).name;
    if (tensor->type == ElementType::kInt32)
      return graph_.add_constant(name, std::move(real));
    Grid grid = read_weight_grid(graph_, node, inputs, tensor->type, static_cast<int>(positive));
    if (tensor->narrow_bits != 0 && inputs.zero_point == kNone)
      grid = narrow(grid, *tensor);
    return add_grid_constant(name, std::move(real), std::move(grid));
  }

  /// Four bits whose zero point is left out.
  static Grid narrow(Grid grid, const Tensor& tensor) {
    const bool is_signed = tensor.type == ElementType::kInt8;
    grid.bits = 4;
    grid.qmin = is_signed ? -8 : 0;
    grid.qmax = is_signed ? 7 : 15;
    std::fill(grid.zero_point.begin(), grid.zero_point.end(), 0);
    return grid;
  }

  ValueId quantize(const Node& node, ValueId id, const QuantizationInputs& inputs) {
    const Grid grid = read_grid(graph_, node, inputs, ElementType::kUint8, -1);
    return add(node, "Quantize", {id}, attributes_of(node, grid));
  }

  ValueId dequantize_linear(const Node& node) {
    const QuantizationInputs inputs = {node.input(1), node.input(2)};
    // Without an axis the scale is one number, of whatever rank.
    const auto axis = static_cast<int>(
        std::clamp<int64_t>(node.get_int("axis", 1), -graph::kMaxRank, graph::kMaxRank));
    const int64_t block = node.get_int("block_size", 0);
    if (block < 0 || (block > 0 && !graph_.is_constant(node.inputs[0])))
      graph::fail_at(node, "activations quantized in blocks are not supported; per tensor are");
    if (block > 0) {
      const graph::TensorPtr tensor = graph_.value(node.inputs[0]).constant;
      const std::size_t positive = graph::normalize_axis(node, axis, tensor->shape.size());
      return graph_.add_constant(graph_.value(node.inputs[0]).name,
                                 dequantized(graph_, node, *tensor, inputs, positive, block));
    }
    return dequantize(node, node.inputs[0], inputs, axis);
  }

  ValueId quantize_linear(const Node& node) {
    const QuantizationInputs inputs = {node.input(1), node.input(2)};
    if (node.get_int("block_size", 0) != 0)
      graph::fail_at(node, "activations quantized in blocks are not supported; per tensor are");
    // TensorProto.DataType: 2 is uint8, 3 int8; without it (0) and a zero point uint8.
    const int64_t wanted = node.get_int("output_dtype", 0);
    if (wanted != 0 && wanted != 2 && wanted != 3 && inputs.zero_point == kNone)
      graph::fail_at(node, "its output_dtype is type number " + std::to_string(wanted) +
                               "; uint8 and int8 are accepted");
    const auto& shape = graph_.value(node.inputs[0]).shape;
    const int64_t axis =
        std::clamp<int64_t>(node.get_int("axis", 1), -graph::kMaxRank, graph::kMaxRank);
    const auto rank = shape ? static_cast<int64_t>(shape->size()) : 0;
    const Grid grid =
        read_grid(graph_, node, inputs, wanted == 3 ? ElementType::kInt8 : ElementType::kUint8,
                  static_cast<int>(axis < 0 ? axis + rank : axis));
    if (graph_.is_constant(node.inputs[0])) {
      Tensor real = snapped(*graph_.value(node.inputs[0]).constant, grid);
      const ValueId source =
          add_grid_constant(graph_.value(node.inputs[0]).name, std::move(real), grid);
      return add(node, "Quantize", {source}, attributes_of(node, grid));
    }
    return add(node, "Quantize", {node.inputs[0]}, attributes_of(node, grid));
  }

  ValueId fake_quantize(const Node& node) {
    const ValueId x = node.inputs[0];
    if (!graph_.is_constant(x)) {
      // The range of an activation is one number, whatever its rank.
      const Grid grid = read_fake_quantize(graph_, node, 8);
      return add(node, "Dequantize", {add(node, "Quantize", {x}, attributes_of(node, grid))},
                 attributes_of(node, grid));
    }
    const graph::TensorPtr tensor = graph_.value(x).constant;
    const Grid grid = read_fake_quantize(graph_, node, tensor->shape.size());
    return add_grid_constant(graph_.value(x).name, snapped(*tensor, grid), grid);
  }

  /// An int32 bias in units of the product of the operands' scales and `factor`.
  ValueId bias(const Node& node, ValueId id, ValueId x_scale, ValueId w_scale, double factor = 1) {
    if (!graph_.is_constant(id) || !graph_.is_constant(x_scale) || !graph_.is_constant(w_scale))
      graph::fail_at(node, "its bias and scales must be constants");
    const std::vector<double> x = graph::as_doubles(*graph_.value(x_scale).constant);
    const std::vector<double> w = graph::as_doubles(*graph_.value(w_scale).constant);
    const std::vector<int64_t> values = graph::as_ints(*graph_.value(id).constant);
    if (x.size() != 1 || (w.size() != 1 && w.size() != values.size()))
      graph::fail_at(node, "its bias does not fit its scales");
    std::vector<float> real;
    for (std::size_t i = 0; i < values.size(); ++i) {
      real.push_back(static_cast<float>(static_cast<double>(values[i]) * x[0] *
                                        w[w.size() == 1 ? 0 : i] * factor));
    }
    return graph_.add_constant(graph_.value(id).name,
                               graph::make_floats({static_cast<int64_t>(real.size())}, real));
  }

  ValueId qlinear_conv(const Node& node) {
    const ValueId x = dequantize(node, node.inputs[0], {node.input(1), node.input(2)}, 1);
    const ValueId w = dequantize(node, node.inputs[3], {node.input(4), node.input(5)}, 0);
    std::vector<ValueId> inputs = {x, w};
    if (node.input(8) != kNone)
      inputs.push_back(bias(node, node.input(8), node.input(1), node.input(4)));
    const ValueId y = add(node, "Conv", inputs, node.attributes);
    return quantize(node, y, {node.input(6), node.input(7)});
  }

  ValueId qlinear_matmul(const Node& node) {
    const ValueId a = dequantize(node, node.inputs[0], {node.input(1), node.input(2)}, -2);
    const ValueId b = dequantize(node, node.inputs[3], {node.input(4), node.input(5)}, -1);
    return quantize(node, add(node, "MatMul", {a, b}), {node.input(6), node.input(7)});
  }

  ValueId qgemm(const Node& node) {
    const bool transposed = node.get_int("transB", 0) != 0;
    const ValueId a = dequantize(node, node.inputs[0], {node.input(1), node.input(2)}, 0);
    const ValueId b =
        dequantize(node, node.inputs[3], {node.input(4), node.input(5)}, transposed ? 0 : 1);
    std::vector<ValueId> inputs = {a, b};
    if (node.input(6) != kNone)
      inputs.push_back(bias(node, node.input(6), node.input(1), node.input(4),
                            node.get_float("alpha", 1)));  // alpha is of the whole sum
    const ValueId y = add(node, "Gemm", inputs, node.attributes);
    return node.input(7) == kNone ? y : quantize(node, y, {node.input(7), node.input(8)});
  }

  ValueId qlinear_binary(const Node& node) {
    const ValueId a = dequantize(node, node.inputs[0], {node.input(1), node.input(2)}, 0);
    const ValueId b = dequantize(node, node.inputs[3], {node.input(4), node.input(5)}, 0);
    const ValueId y = add(node, node.op == "QLinearAdd" ? "Add" : "Mul", {a, b});
    return quantize(node, y, {node.input(6), node.input(7)});
  }

  ValueId qlinear_unary(const Node& node) {
    if (node.get_int("channels_last", 0) != 0)
      graph::fail_at(node, "channels_last is not supported; save the model channels first");
    const ValueId x = dequantize(node, node.inputs[0], {node.input(1), node.input(2)}, 0);
    const ValueId y =
        add(node, node.op.substr(std::string("QLinear").size()), {x}, node.attributes);
    return quantize(node, y, {node.input(3), node.input(4)});
  }

  /// `id` minus its zero point as float: an integer that is quantized, or that stands in a float
  /// already.
  ValueId centred(const Node& node, ValueId id, ValueId zero_point, int axis) {
    const float one = 1;
    const QuantizationInputs inputs = {
        graph_.add_constant("one", graph::make_floats({}, {&one, 1})), zero_point};
    if (graph_.is_constant(id) || graph::is_float(graph_.value(id).type) == false)
      return dequantize(node, id, inputs, axis);
    return zero_point == kNone ? id : add(node, "Sub", {id, zero_point});
  }

  /// Sums stay whole numbers in float32: exact to 2^24, and to 6e-8 of themselves above.
  ValueId integer_product(const Node& node) {
    const bool conv = node.op == "ConvInteger";
    const ValueId x = centred(node, node.inputs[0], node.input(2), 1);
    const ValueId w = centred(node, node.inputs[1], node.input(3), conv ? 0 : -1);
    return add(node, conv ? "Conv" : "MatMul", {x, w},
               conv ? node.attributes : std::map<std::string, graph::Attribute>{});
  }

  /// The operator's definition in float: range of the tensor (zero included), 255 steps, nearest
  /// even.
  void dynamic_quantize(int index, const Node& node) {
    const ValueId x = node.inputs[0];
    const ValueId zero = add_number(0);
    const std::map<std::string, graph::Attribute> scalar = {{"keepdims", int64_t{0}}};
    const ValueId high = add(node, "Max", {add(node, "ReduceMax", {x}, scalar), zero});
    const ValueId low = add(node, "Min", {add(node, "ReduceMin", {x}, scalar), zero});
    const ValueId steps = add(node, "Div", {add(node, "Sub", {high, low}), add_number(255)});
    // A tensor of zeros has an empty range; any scale serves it.
    const ValueId scale = add(node, "Max", {steps, add_number(std::numeric_limits<float>::min())});
    const std::map<std::string, graph::Attribute> bytes = {{"min", 0.0F}, {"max", 255.0F}};
    const ValueId offset = add(node, "Div", {add(node, "Neg", {low}), scale});
    const ValueId zero_point = add(node, "Round", {add(node, "Clip", {offset}, bytes)});
    const ValueId rounded = add(node, "Round", {add(node, "Div", {x, scale})});
    const ValueId y = add(node, "Clip", {add(node, "Add", {rounded, zero_point})}, bytes);
    const std::array<ValueId, 3> results = {y, scale, zero_point};
    graph_.remove_node(index);
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] != kNone)
        graph_.replace_all_uses(node.outputs[i], results[i]);
    }
  }

  /// Operators that move integers or take their maximum do the same to the real values.
  bool moves_integers(int index, const Node& node) {
    static const std::set<std::string> kMoving = {
        "Reshape", "Transpose", "Flatten",  "Squeeze", "Unsqueeze", "Slice", "MaxPool",
        "Gather",  "Concat",    "Identity", "Dropout", "Split",     "Expand"};
    if (!kMoving.contains(node.op))
      return false;
    const Node* source = producer_of(graph_, node.inputs[0], "Quantize");
    if (source == nullptr)
      return false;
    const auto attributes = source->attributes;
    const std::size_t operands = node.op == "Concat" ? node.inputs.size() : 1;
    for (std::size_t i = 0; i < operands; ++i) {
      const Node* other = producer_of(graph_, node.inputs[i], "Quantize");
      if (other == nullptr || other->attributes != attributes)
        graph::fail_at(node, "its inputs are quantized differently; equal scales are accepted");
    }
    std::vector<ValueId> inputs = node.inputs.ids();
    for (std::size_t i = 0; i < operands; ++i)
      inputs[i] = add(node, "Dequantize", {node.inputs[i]}, attributes);
    Node moved = node;
    moved.inputs = std::move(inputs);
    moved.outputs.clear();
    for (const ValueId output : node.outputs) {
      graph::Value value;
      value.name = output == kNone ? "" : graph_.unused_name(graph_.value(output).name + ":real");
      moved.outputs.push_back(output == kNone ? kNone : graph_.add_value(std::move(value)));
    }
    const std::vector<ValueId> real = moved.outputs.ids();
    graph_.remove_node(index);
    graph::infer_node(graph_, graph_.add_node(std::move(moved)));
    for (std::size_t i = 0; i < real.size(); ++i) {
      if (real[i] != kNone)
        graph_.replace_all_uses(node.outputs[i], add(node, "Quantize", {real[i]}, attributes));
    }
    return true;
  }

  Graph& graph_;
};

}  // namespace

int expand_quantized(Graph& graph) {
  int changed = 0;
  Expansion expansion(graph);
  for (const int index : graph.order()) {
    const Node node = graph.nodes[static_cast<std::size_t>(index)];
    changed += graph::at_node(node, [&] { return expansion.rewrite(index); }) ? 1 : 0;
  }
  if (changed > 0)
    fold_constants(graph);
  return changed;
}

}  // namespace edgy::converter::passes
