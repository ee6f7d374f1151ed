// Static quantization as onnxruntime expects it, so that the peer runs the very model that Edgy
// runs, in its own best form.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "tests/bench/models/graph.h"

namespace edgy::bench {
namespace {

class Rewriter {
 public:
  explicit Rewriter(const onnx::ModelProto& model) : model_(model) {
    for (const auto& tensor : model.graph().initializer())
      constants_[tensor.name()] = &tensor;
  }

  onnx::ModelProto run(const std::vector<ActivationRange>& inputs) {
    auto* graph = model_.mutable_graph();
    const std::vector<onnx::NodeProto> nodes(graph->node().begin(), graph->node().end());
    graph->clear_node();
    std::size_t next = 0;
    for (onnx::NodeProto node : nodes) {
      if (node.op_type() == "Conv" && next < inputs.size()) {
        quantize_conv(node, inputs[next]);
        ++next;
        const std::string result = node.output(0);
        *graph->add_node() = node;
        if (next == inputs.size())
          after_last(result);
        continue;
      }
      for (auto& input : *node.mutable_input()) {
        const auto found = renamed_.find(input);
        if (found != renamed_.end())
          input = found->second;
      }
      *graph->add_node() = node;
    }
    return model_;
  }

 private:
  onnx::TensorProto& add_constant(const std::string& name, int32_t type) {
    auto* tensor = model_.mutable_graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(type);
    return *tensor;
  }
  std::string scalar(const std::string& name, float value) {
    onnx::TensorProto& tensor = add_constant(name, onnx::TensorProto::FLOAT);
    tensor.set_raw_data(&value, sizeof value);
    return name;
  }
  std::string byte(const std::string& name, uint8_t value) {
    onnx::TensorProto& tensor = add_constant(name, onnx::TensorProto::UINT8);
    tensor.set_raw_data(&value, 1);
    return name;
  }
  void add_node(const std::string& op, const std::vector<std::string>& inputs,
                const std::string& output, int64_t axis = -1) {
    auto* node = model_.mutable_graph()->add_node();
    node->set_op_type(op);
    node->set_name(op + "_" + output);
    for (const std::string& input : inputs)
      node->add_input(input);
    node->add_output(output);
    if (axis >= 0)
      set_int(*node, "axis", axis);
  }

  /// value -> uint8 -> float; returns the name of the last and the scale.
  std::pair<std::string, float> round_trip(const std::string& value, const ActivationRange& range) {
    const float low = std::min(range.low, 0.0F);
    const float high = std::max(range.high, 0.0F);
    const float scale = std::max((high - low) / 255, 1e-12F);
    const auto zero = static_cast<uint8_t>(std::clamp(std::nearbyintf(-low / scale), 0.0F, 255.0F));
    const std::string s = scalar(value + ".scale", scale);
    const std::string z = byte(value + ".zero", zero);
    add_node("QuantizeLinear", {value, s, z}, value + ".u8");
    add_node("DequantizeLinear", {value + ".u8", s, z}, value + ".rounded");
    return {value + ".rounded", scale};
  }

  void quantize_conv(onnx::NodeProto& node, const ActivationRange& range) {
    const auto [input, input_scale] = round_trip(node.input(0), range);
    const onnx::TensorProto& weights = *constants_.at(node.input(1));
    const auto rows = static_cast<std::size_t>(weights.dims(0));
    const std::vector<float> values = floats(weights);
    const std::size_t columns = values.size() / rows;
    std::vector<float> scales(rows);
    std::vector<int8_t> rounded(values.size());
    for (std::size_t o = 0; o < rows; ++o) {
      float peak = 1e-12F;
      for (std::size_t k = 0; k < columns; ++k)
        peak = std::max(peak, std::fabs(values[o * columns + k]));
      scales[o] = peak / 127;
      for (std::size_t k = 0; k < columns; ++k) {
        rounded[o * columns + k] =
            static_cast<int8_t>(std::nearbyintf(values[o * columns + k] / scales[o]));
      }
    }
    const std::string name = node.input(1);
    onnx::TensorProto& stored = add_constant(name + ".s8", onnx::TensorProto::INT8);
    for (const int64_t extent : weights.dims())
      stored.add_dims(extent);
    stored.set_raw_data(rounded.data(), rounded.size());
    add_vector(name + ".scales", onnx::TensorProto::FLOAT, scales);
    add_vector(name + ".zeros", onnx::TensorProto::INT8, std::vector<int8_t>(rows));
    add_node("DequantizeLinear", {name + ".s8", name + ".scales", name + ".zeros"},
             name + ".rounded", 0);
    node.set_input(0, input);
    node.set_input(1, name + ".rounded");
    if (node.input_size() > 2)
      node.set_input(2, quantize_bias(node.input(2), input_scale, scales));
    unused_.push_back(name);
  }

  std::string quantize_bias(const std::string& name, float input_scale,
                            const std::vector<float>& scales) {
    const std::vector<float> values = floats(*constants_.at(name));
    std::vector<float> units(values.size());
    std::vector<int32_t> rounded(values.size());
    for (std::size_t o = 0; o < values.size(); ++o) {
      units[o] = input_scale * scales[o];
      rounded[o] = static_cast<int32_t>(
          std::clamp(std::nearbyint(double{values[o]} / units[o]), -0x1p30, 0x1p30));
    }
    add_vector(name + ".s32", onnx::TensorProto::INT32, rounded);
    add_vector(name + ".scales", onnx::TensorProto::FLOAT, units);
    add_vector(name + ".zeros", onnx::TensorProto::INT32, std::vector<int32_t>(values.size()));
    add_node("DequantizeLinear", {name + ".s32", name + ".scales", name + ".zeros"},
             name + ".rounded", 0);
    return name + ".rounded";
  }

  /// onnxruntime runs a convolution in integers only if its output is quantized too.
  void after_last(const std::string& result) {
    constexpr ActivationRange kWide{-16, 16};  // of normal codes: none is further out
    renamed_[result] = round_trip(result, kWide).first;
  }

  template <typename T>
  void add_vector(const std::string& name, int32_t type, const std::vector<T>& values) {
    onnx::TensorProto& tensor = add_constant(name, type);
    tensor.add_dims(static_cast<int64_t>(values.size()));
    tensor.set_raw_data(values.data(), values.size() * sizeof(T));
  }

  static std::vector<float> floats(const onnx::TensorProto& tensor) {
    if (tensor.float_data_size() > 0)
      return {tensor.float_data().begin(), tensor.float_data().end()};
    std::vector<float> values(tensor.raw_data().size() / sizeof(float));
    std::memcpy(values.data(), tensor.raw_data().data(), tensor.raw_data().size());
    return values;
  }

  onnx::ModelProto model_;
  std::map<std::string, const onnx::TensorProto*> constants_;
  std::map<std::string, std::string> renamed_;
  std::vector<std::string> unused_;

 public:
  /// Float weights that were replaced.
  const std::vector<std::string>& unused() const { return unused_; }
};

}  // namespace

onnx::ModelProto quantize_dequantize(const onnx::ModelProto& model,
                                     const std::vector<ActivationRange>& inputs) {
  Rewriter rewriter(model);
  onnx::ModelProto result = rewriter.run(inputs);
  auto* initializers = result.mutable_graph()->mutable_initializer();
  for (const std::string& name : rewriter.unused()) {
    for (int i = 0; i < initializers->size(); ++i) {
      if (initializers->Get(i).name() != name)
        continue;
      initializers->DeleteSubrange(i, 1);
      break;
    }
  }
  return result;
}

}  // namespace edgy::bench
