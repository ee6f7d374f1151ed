#include "converter/private_encoder/onnx_encoder.h"

#include <cmath>
#include <span>

#include "converter/error.h"
#include "converter/private_encoder/network/shape.h"
#include "onnx/onnx.pb.h"

namespace edgy::converter::private_encoder {
namespace {

constexpr int kMels = 80;
constexpr int kIrVersion = 7;
constexpr int kOpset = 13;

class Graph {
 public:
  explicit Graph(onnx::GraphProto& graph) : graph_(graph) {}

  std::string node(const char* type, const std::vector<std::string>& inputs,
                   const std::string& output) {
    onnx::NodeProto& node = *graph_.add_node();
    node.set_op_type(type);
    node.set_name(output);
    for (const std::string& input : inputs)
      node.add_input(input);
    node.add_output(output);
    return output;
  }
  void integer(const char* name, int64_t value) {
    onnx::AttributeProto& attribute = add_attribute(name, onnx::AttributeProto::INT);
    attribute.set_i(value);
  }
  void integers(const char* name, std::initializer_list<int64_t> values) {
    onnx::AttributeProto& attribute = add_attribute(name, onnx::AttributeProto::INTS);
    for (const int64_t value : values)
      attribute.add_ints(value);
  }
  std::string floats(const std::string& name, const std::vector<int64_t>& shape,
                     std::span<const float> values) {
    onnx::TensorProto& tensor = initializer(name, shape, onnx::TensorProto::FLOAT);
    tensor.set_raw_data(values.data(), values.size_bytes());
    return name;
  }
  std::string number(const std::string& name, float value) { return floats(name, {}, {&value, 1}); }
  std::string longs(const std::string& name, std::span<const int64_t> values) {
    onnx::TensorProto& tensor =
        initializer(name, {static_cast<int64_t>(values.size())}, onnx::TensorProto::INT64);
    tensor.set_raw_data(values.data(), values.size_bytes());
    return name;
  }
  static void declare(onnx::ValueInfoProto& info, const char* name, int type,
                      const std::vector<std::string>& shape) {
    info.set_name(name);
    auto& tensor = *info.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    for (const std::string& extent : shape) {
      auto& dim = *tensor.mutable_shape()->add_dim();
      if (std::isdigit(static_cast<unsigned char>(extent[0])) != 0) {
        dim.set_dim_value(std::stoll(extent));
      } else {
        dim.set_dim_param(extent);
      }
    }
  }
  onnx::GraphProto& proto() { return graph_; }

 private:
  /// Of the node that was added last.
  onnx::AttributeProto& add_attribute(const char* name, onnx::AttributeProto::AttributeType type) {
    onnx::AttributeProto& attribute = *graph_.mutable_node(graph_.node_size() - 1)->add_attribute();
    attribute.set_name(name);
    attribute.set_type(type);
    return attribute;
  }
  onnx::TensorProto& initializer(const std::string& name, const std::vector<int64_t>& shape,
                                 int type) {
    onnx::TensorProto& tensor = *graph_.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const int64_t extent : shape)
      tensor.add_dims(extent);
    return tensor;
  }

  onnx::GraphProto& graph_;
};

std::span<const float> values_of(const TrainedEncoder& encoder, const std::string& name,
                                 std::size_t count) {
  const auto found = encoder.tensors.find(name);
  if (found == encoder.tensors.end() || found->second.type != DataType::F32 ||
      found->second.elements() != count)
    throw Error("the trained encoder has no tensor '" + name + "' of " + std::to_string(count) +
                " floats");
  return found->second.values<float>();
}

/// Every recording to mean 0 and deviation 1 of each coefficient.
std::string normalize(Graph& graph, const std::string& x) {
  graph.node("ReduceMean", {x}, "mean");
  graph.integers("axes", {2});
  graph.integer("keepdims", 1);
  graph.node("Sub", {x, "mean"}, "centred");
  graph.node("Mul", {"centred", "centred"}, "squared");
  graph.node("ReduceMean", {"squared"}, "variance");
  graph.integers("axes", {2});
  graph.integer("keepdims", 1);
  graph.node("Add", {"variance", graph.number("epsilon", static_cast<float>(kRecordingEpsilon))},
             "raised");
  graph.node("Sqrt", {"raised"}, "deviation");
  return graph.node("Div", {"centred", "deviation"}, "normalized");
}

std::string convolution(Graph& graph, const TrainedEncoder& encoder, const Convolution& form,
                        std::size_t index, bool last, const std::string& x) {
  const std::string name = "conv" + std::to_string(index);
  const auto out = static_cast<std::size_t>(form.out);
  const std::size_t row = static_cast<std::size_t>(form.in) * static_cast<std::size_t>(form.taps);
  const auto weight = values_of(encoder, name + ".weight", out * row);
  const auto bias = values_of(encoder, name + ".bias", out);
  std::vector<float> weights(weight.begin(), weight.end());
  std::vector<float> biases(bias.begin(), bias.end());
  if (!last) {
    const auto gain = values_of(encoder, name + ".gain", out);
    const auto shift = values_of(encoder, name + ".shift", out);
    const auto mean = values_of(encoder, name + ".mean", out);
    const auto variance = values_of(encoder, name + ".variance", out);
    for (std::size_t o = 0; o < out; ++o) {
      const double factor = gain[o] / std::sqrt(variance[o] + kBatchEpsilon);
      for (std::size_t i = 0; i < row; ++i)
        weights[o * row + i] = static_cast<float>(weight[o * row + i] * factor);
      biases[o] = static_cast<float>((bias[o] - mean[o]) * factor + shift[o]);
    }
  }
  graph.node("Conv",
             {x, graph.floats(name + ".weight", {form.out, form.in, form.taps}, weights),
              graph.floats(name + ".bias", {form.out}, biases)},
             name);
  graph.integers("kernel_shape", {form.taps});
  graph.integers("strides", {form.stride});
  graph.integers("pads", {form.padding, form.padding});
  return last ? name : graph.node("Relu", {name}, name + ".relu");
}

/// The nearest of the codebook's vectors: least |c|^2 - 2 z c.
void nearest(Graph& graph, const TrainedEncoder& encoder, const std::string& output) {
  const std::size_t codes = encoder.classes.size();
  const auto channels = static_cast<std::size_t>(encoder.shape.code_channels);
  const auto book = values_of(encoder, "codebook", codes * channels);
  std::vector<float> transposed(book.size());
  std::vector<float> norms(codes);
  for (std::size_t k = 0; k < codes; ++k) {
    double norm = 0;
    for (std::size_t c = 0; c < channels; ++c) {
      transposed[c * codes + k] = book[k * channels + c];
      norm += static_cast<double>(book[k * channels + c]) * book[k * channels + c];
    }
    norms[k] = static_cast<float>(norm);
  }
  const auto count = static_cast<int64_t>(codes);
  graph.node("MatMul",
             {"z", graph.floats("codebook", {static_cast<int64_t>(channels), count}, transposed)},
             "products");
  graph.node("Mul", {"products", graph.number("two", 2)}, "doubled");
  graph.node("Sub", {graph.floats("norms", {count}, norms), "doubled"}, "distances");
  graph.node("ArgMin", {"distances"}, output);
  graph.integer("axis", -1);
  graph.integer("keepdims", 0);
}

}  // namespace

std::string onnx_encoder(const TrainedEncoder& encoder) {
  onnx::ModelProto model;
  model.set_ir_version(kIrVersion);
  model.add_opset_import()->set_version(kOpset);
  model.set_producer_name("edgy private-encoder");
  model.mutable_graph()->set_name("private-encoder");
  Graph graph(*model.mutable_graph());
  const int cepstra = encoder.shape.cepstra;
  Graph::declare(*graph.proto().add_input(), "mel", onnx::TensorProto::FLOAT,
                 {"1", std::to_string(kMels), "T"});

  graph.node(
      "Conv",
      {"mel", graph.floats("cepstrum.weight", {cepstra, kMels, 1}, cepstrum(cepstra, kMels))},
      "cepstrum");
  graph.integers("kernel_shape", {1});
  std::string x = normalize(graph, "cepstrum");
  const std::vector<Convolution> forms = convolutions(encoder.shape);
  for (std::size_t i = 0; i < forms.size(); ++i)
    x = convolution(graph, encoder, forms[i], i, i + 1 == forms.size(), x);
  graph.node("Transpose", {x}, "z");
  graph.integers("perm", {0, 2, 1});

  bool merged = false;
  for (std::size_t k = 0; k < encoder.classes.size(); ++k)
    merged = merged || encoder.classes[k] != static_cast<int64_t>(k);
  nearest(graph, encoder, merged ? "phones" : "indices");
  if (merged)
    graph.node("Gather", {graph.longs("classes", encoder.classes), "phones"}, "indices");

  const std::string channels = std::to_string(encoder.shape.code_channels);
  Graph::declare(*graph.proto().add_output(), "z", onnx::TensorProto::FLOAT, {"1", "N", channels});
  if (merged)
    Graph::declare(*graph.proto().add_output(), "phones", onnx::TensorProto::INT64, {"1", "N"});
  Graph::declare(*graph.proto().add_output(), "indices", onnx::TensorProto::INT64, {"1", "N"});
  std::string bytes;
  if (!model.SerializeToString(&bytes))
    throw Error("the encoder is too large for ONNX");
  return bytes;
}

}  // namespace edgy::converter::private_encoder
