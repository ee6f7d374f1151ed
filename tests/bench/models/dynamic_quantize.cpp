// Dynamic quantization as onnxruntime expects it: activations are measured in each run, weights are
// bytes.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include "tests/bench/models/graph.h"

namespace edgy::bench {
namespace {

/// One scale for a whole tensor; zero is 128. Unsigned weights are the faster kind in
/// onnxruntime-web.
struct Bytes {
  std::string values;
  float scale = 1;
};

Bytes to_bytes(const std::vector<float>& values) {
  float peak = 1e-12F;
  for (const float value : values)
    peak = std::max(peak, std::fabs(value));
  Bytes result;
  result.scale = peak / 127;
  for (const float value : values) {
    const float rounded = std::nearbyintf(value / result.scale) + 128;
    result.values.push_back(static_cast<char>(static_cast<uint8_t>(rounded)));
  }
  return result;
}

class Rewriter {
 public:
  explicit Rewriter(const onnx::ModelProto& model) : model_(model) {
    for (const auto& tensor : model.graph().initializer())
      constants_[tensor.name()] = &tensor;
  }

  onnx::ModelProto run() {
    auto* graph = model_.mutable_graph();
    const std::vector<onnx::NodeProto> nodes(graph->node().begin(), graph->node().end());
    graph->clear_node();
    for (const onnx::NodeProto& node : nodes) {
      const bool weighted = node.input_size() > 1 && constants_.count(node.input(1)) > 0;
      if (node.op_type() == "MatMul" && weighted) {
        matmul(node);
      } else if (node.op_type() == "LSTM" && weighted) {
        lstm(node);
      } else {
        *graph->add_node() = node;
      }
    }
    drop_replaced();
    return model_;
  }

 private:
  onnx::NodeProto& add_node(const std::string& op, const std::vector<std::string>& inputs,
                            const std::vector<std::string>& outputs) {
    auto* node = model_.mutable_graph()->add_node();
    node->set_op_type(op);
    node->set_name(op + "_" + outputs.front());
    for (const std::string& input : inputs)
      node->add_input(input);
    for (const std::string& output : outputs)
      node->add_output(output);
    return *node;
  }
  std::string add_constant(const std::string& name, int32_t type, const std::vector<int64_t>& dims,
                           std::string bytes) {
    auto* tensor = model_.mutable_graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(type);
    for (const int64_t extent : dims)
      tensor->add_dims(extent);
    tensor->set_raw_data(std::move(bytes));
    return name;
  }
  std::string scale_of(const std::string& name, float scale, const std::vector<int64_t>& dims) {
    std::string bytes(sizeof scale, '\0');
    std::memcpy(bytes.data(), &scale, sizeof scale);
    return add_constant(name + ".scale", onnx::TensorProto::FLOAT, dims, bytes);
  }
  std::string zero_of(const std::string& name, const std::vector<int64_t>& dims) {
    return add_constant(name + ".zero", onnx::TensorProto::UINT8, dims, std::string(1, '\x80'));
  }
  std::vector<float> floats(const std::string& name) const {
    const std::string& raw = constants_.at(name)->raw_data();
    std::vector<float> values(raw.size() / sizeof(float));
    std::memcpy(values.data(), raw.data(), raw.size());
    return values;
  }

  /// The pattern that onnxruntime fuses into one kernel.
  void matmul(const onnx::NodeProto& node) {
    const std::string& x = node.input(0);
    const std::string& w = node.input(1);
    const std::string& y = node.output(0);
    if (quantized_.insert(x).second)
      add_node("DynamicQuantizeLinear", {x}, {x + ".u8", x + ".scale", x + ".zero"});
    const onnx::TensorProto& weights = *constants_.at(w);
    const Bytes bytes = to_bytes(floats(w));
    add_constant(w + ".u8", onnx::TensorProto::UINT8, {weights.dims(0), weights.dims(1)},
                 bytes.values);
    add_node("MatMulInteger", {x + ".u8", w + ".u8", x + ".zero", zero_of(w, {})}, {y + ".sums"});
    set_int(add_node("Cast", {y + ".sums"}, {y + ".float"}), "to", onnx::TensorProto::FLOAT);
    add_node("Mul", {x + ".scale", scale_of(w, bytes.scale, {})}, {y + ".scale"});
    add_node("Mul", {y + ".float", y + ".scale"}, {y});
    replaced_.insert(w);
  }

  /// onnxruntime's own operator: weights transposed, one scale a direction.
  void lstm(const onnx::NodeProto& node) {
    onnx::NodeProto fast = node;
    fast.set_op_type("DynamicQuantizeLSTM");
    fast.set_domain("com.microsoft");
    while (fast.input_size() < 8)
      fast.add_input("");
    for (const int i : {1, 2}) {
      const std::string& w = node.input(i);
      const onnx::TensorProto& weights = *constants_.at(w);
      const auto rows = static_cast<std::size_t>(weights.dims(1));
      const auto columns = static_cast<std::size_t>(weights.dims(2));
      const std::vector<float> values = floats(w);
      std::vector<float> transposed(values.size());
      for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t column = 0; column < columns; ++column)
          transposed[column * rows + row] = values[row * columns + column];
      }
      const Bytes bytes = to_bytes(transposed);
      fast.set_input(i, add_constant(w + ".u8", onnx::TensorProto::UINT8,
                                     {1, weights.dims(2), weights.dims(1)}, bytes.values));
      fast.add_input(scale_of(w, bytes.scale, {1}));
      fast.add_input(zero_of(w, {1}));
      replaced_.insert(w);
    }
    *model_.mutable_graph()->add_node() = fast;
    auto* opset = model_.add_opset_import();
    opset->set_domain("com.microsoft");
    opset->set_version(1);
  }

  void drop_replaced() {
    auto* initializers = model_.mutable_graph()->mutable_initializer();
    for (int i = initializers->size() - 1; i >= 0; --i) {
      if (replaced_.count(initializers->Get(i).name()) > 0)
        initializers->DeleteSubrange(i, 1);
    }
  }

  onnx::ModelProto model_;
  std::map<std::string, const onnx::TensorProto*> constants_;
  std::set<std::string> quantized_;  ///< activations that have their bytes already
  std::set<std::string> replaced_;
};

}  // namespace

onnx::ModelProto dynamic_quantize(const onnx::ModelProto& model) {
  return Rewriter(model).run();
}

}  // namespace edgy::bench
