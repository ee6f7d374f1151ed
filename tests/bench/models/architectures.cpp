// The architectures that are measured, each as its authors describe it, with random weights: speed
// does not depend on them.
#include <cmath>
#include <cstring>

#include "tests/bench/models/graph.h"

namespace edgy::bench {
namespace {

std::string conv(GraphBuilder& g, const std::string& x, const std::string& name,
                 const std::vector<int64_t>& weights, int64_t stride, int64_t pad,
                 int64_t groups = 1) {
  int64_t fan_in = 1;
  for (std::size_t i = 1; i < weights.size(); ++i)
    fan_in *= weights[i];
  const std::string w =
      g.weights(name + ".weight", weights, std::sqrt(2.0 / static_cast<double>(fan_in)));
  const std::string b = g.weights(name + ".bias", {weights[0]}, 0.1);
  onnx::NodeProto& node = g.node("Conv", {x, w, b}, {name});
  const std::size_t spatial = weights.size() - 2;
  set_ints(node, "kernel_shape", {weights.begin() + 2, weights.end()});
  set_ints(node, "strides", std::vector<int64_t>(spatial, stride));
  set_ints(node, "pads", std::vector<int64_t>(2 * spatial, pad));
  set_int(node, "group", groups);
  return name;
}

std::string relu(GraphBuilder& g, const std::string& x) {
  g.node("Relu", {x}, {x + ".relu"});
  return x + ".relu";
}

std::string linear(GraphBuilder& g, const std::string& x, const std::string& name, int64_t in,
                   int64_t out) {
  const std::string w =
      g.weights(name + ".weight", {in, out}, std::sqrt(1.0 / static_cast<double>(in)));
  const std::string b = g.weights(name + ".bias", {out}, 0.1);
  g.node("MatMul", {x, w}, {name + ".product"});
  g.node("Add", {name + ".product", b}, {name});
  return name;
}

std::string layer_norm(GraphBuilder& g, const std::string& x, const std::string& name,
                       int64_t width) {
  const std::string gamma = g.constant(name + ".gamma", {width},
                                       std::vector<float>(static_cast<std::size_t>(width), 1.0F));
  const std::string beta = g.weights(name + ".beta", {width}, 0.1);
  onnx::NodeProto& node = g.node("LayerNormalization", {x, gamma, beta}, {name});
  set_int(node, "axis", -1);
  set_float(node, "epsilon", 1e-5F);
  return name;
}

}  // namespace

onnx::ModelProto encoder(int64_t channels, uint64_t seed) {
  GraphBuilder g("edgy-encoder", seed);
  g.input("mel", {1, 80, -1});
  std::string x = relu(g, conv(g, "mel", "conv0", {channels, 80, 3}, 1, 0));
  x = relu(g, conv(g, x, "conv1", {channels, channels, 3}, 1, 1));
  x = relu(g, conv(g, x, "conv2", {channels, channels, 4}, 2, 1));
  x = relu(g, conv(g, x, "conv3", {channels, channels, 3}, 1, 1));
  x = relu(g, conv(g, x, "conv4", {channels, channels, 3}, 1, 1));
  x = conv(g, x, "conv5", {64, channels, 1}, 1, 0);
  set_ints(g.node("Transpose", {x}, {"z"}), "perm", {0, 2, 1});
  // Distances to the codes by |c|^2 - 2 z.c, as the trained encoders are exported.
  const std::string codes = g.weights("codebook", {512, 64}, 1.0);
  const auto& stored =
      g.model().graph().initializer(g.model().graph().initializer_size() - 1).raw_data();
  std::vector<float> values(stored.size() / sizeof(float));
  std::memcpy(values.data(), stored.data(), stored.size());
  std::vector<float> transposed(values.size());
  std::vector<float> norms(512);
  for (std::size_t k = 0; k < 512; ++k) {
    for (std::size_t d = 0; d < 64; ++d) {
      transposed[d * 512 + k] = values[k * 64 + d];
      norms[k] += values[k * 64 + d] * values[k * 64 + d];
    }
  }
  g.node("MatMul", {"z", g.constant("codebook.transposed", {64, 512}, transposed)}, {"products"});
  g.node("Mul", {"products", g.constant("two", {}, {2.0F})}, {"doubled"});
  g.node("Sub", {g.constant("norms", {512}, norms), "doubled"}, {"distances"});
  onnx::NodeProto& nearest = g.node("ArgMin", {"distances"}, {"indices"});
  set_int(nearest, "axis", -1);
  set_int(nearest, "keepdims", 0);
  g.node("Gather", {codes, "indices"}, {"quantized"});
  g.output("z", onnx::TensorProto::FLOAT, {1, -1, 64}, "Tz");
  g.output("indices", onnx::TensorProto::INT64, {1, -1}, "Tz");
  g.output("quantized", onnx::TensorProto::FLOAT, {1, -1, 64}, "Tz");
  return g.model();
}

onnx::ModelProto lstm_step(int64_t inputs, int64_t hidden, uint64_t seed) {
  GraphBuilder g("lstm-step", seed);
  g.input("x", {1, 1, inputs});
  g.input("h", {1, 1, hidden});
  g.input("c", {1, 1, hidden});
  const double deviation = std::sqrt(1.0 / static_cast<double>(hidden));
  const std::string w = g.weights("w", {1, 4 * hidden, inputs}, deviation);
  const std::string r = g.weights("r", {1, 4 * hidden, hidden}, deviation);
  const std::string b = g.weights("b", {1, 8 * hidden}, 0.1);
  set_int(g.node("LSTM", {"x", w, r, b, "", "h", "c"}, {"y", "h_next", "c_next"}), "hidden_size",
          hidden);
  g.output("h_next", onnx::TensorProto::FLOAT, {1, 1, hidden});
  g.output("c_next", onnx::TensorProto::FLOAT, {1, 1, hidden});
  return g.model();
}

onnx::ModelProto transformer_block(int64_t tokens, int64_t width, int64_t heads, uint64_t seed) {
  GraphBuilder g("transformer-block", seed);
  g.input("x", {1, tokens, width});
  const int64_t size = width / heads;
  const std::string split = g.integers("split", {1, tokens, heads, size});
  const auto head = [&](const std::string& name, const std::vector<int64_t>& perm) {
    g.node("Reshape", {linear(g, "x", name, width, width), split}, {name + ".split"});
    set_ints(g.node("Transpose", {name + ".split"}, {name + ".heads"}), "perm", perm);
    return name + ".heads";
  };
  g.node("MatMul", {head("query", {0, 2, 1, 3}), head("key", {0, 2, 3, 1})}, {"logits"});
  g.node("Mul", {"logits", g.constant("scale", {}, {1.0F / std::sqrt(static_cast<float>(size))})},
         {"scaled"});
  set_int(g.node("Softmax", {"scaled"}, {"attention"}), "axis", -1);
  g.node("MatMul", {"attention", head("value", {0, 2, 1, 3})}, {"mixed"});
  set_ints(g.node("Transpose", {"mixed"}, {"mixed.joined"}), "perm", {0, 2, 1, 3});
  g.node("Reshape", {"mixed.joined", g.integers("joined", {1, tokens, width})}, {"context"});
  g.node("Add", {"x", linear(g, "context", "projection", width, width)}, {"residual"});
  const std::string normal = layer_norm(g, "residual", "norm1", width);
  const std::string up = linear(g, normal, "up", width, 4 * width);
  g.node("Div", {up, g.constant("sqrt2", {}, {std::sqrt(2.0F)})}, {"gelu.arg"});
  g.node("Erf", {"gelu.arg"}, {"gelu.erf"});
  g.node("Add", {"gelu.erf", g.constant("one", {}, {1.0F})}, {"gelu.shifted"});
  g.node("Mul", {up, "gelu.shifted"}, {"gelu.product"});
  g.node("Mul", {"gelu.product", g.constant("half", {}, {0.5F})}, {"gelu"});
  g.node("Add", {normal, linear(g, "gelu", "down", 4 * width, width)}, {"residual2"});
  layer_norm(g, "residual2", "y", width);
  g.output("y", onnx::TensorProto::FLOAT, {1, tokens, width});
  return g.model();
}

onnx::ModelProto mobilenet(uint64_t seed) {
  GraphBuilder g("mobilenet", seed);
  g.input("image", {1, 3, 96, 96});
  std::string x = relu(g, conv(g, "image", "stem", {16, 3, 3, 3}, 2, 1));
  struct Block {
    int64_t in, out, stride;
  };
  constexpr Block kBlocks[] = {{16, 32, 1},   {32, 64, 2},   {64, 64, 1},  {64, 128, 2},
                               {128, 128, 1}, {128, 256, 2}, {256, 256, 1}};
  for (std::size_t i = 0; i < std::size(kBlocks); ++i) {
    const Block& b = kBlocks[i];
    const std::string name = "block" + std::to_string(i);
    x = relu(g, conv(g, x, name + ".depthwise", {b.in, 1, 3, 3}, b.stride, 1, b.in));
    x = relu(g, conv(g, x, name + ".pointwise", {b.out, b.in, 1, 1}, 1, 0));
  }
  g.node("GlobalAveragePool", {x}, {"pooled"});
  set_int(g.node("Flatten", {"pooled"}, {"features"}), "axis", 1);
  linear(g, "features", "logits", 256, 100);
  g.output("logits", onnx::TensorProto::FLOAT, {1, 100});
  return g.model();
}

}  // namespace edgy::bench
