// Layers that onnxruntime's optimizer has fused with what follows them, taken apart again: the
// passes fuse them as the runtime has them.
#include <algorithm>

#include "converter/rewrite/rewrite.h"
#include "converter/text.h"

namespace edgy::converter::rewrite {
namespace {

/// Attributes of the node that are the layer's own.
Attributes without(const Node& node, const std::vector<std::string>& keys) {
  Attributes attributes = node.attributes;
  for (const std::string& key : keys)
    attributes.erase(key);
  return attributes;
}

/// f(x), f as an attribute names it; its parameters in the order of `parameters`.
ValueId activated(Builder& b, ValueId x, const std::string& name,
                  const std::vector<float>& parameters) {
  const auto parameter = [&](std::size_t i, float otherwise) {
    return i < parameters.size() ? parameters[i] : otherwise;
  };
  if (name.empty())
    return x;
  if (name == "Relu" || name == "Sigmoid" || name == "Tanh")
    return b.add(name, {x});
  if (name == "LeakyRelu")
    return b.add(name, {x}, {{"alpha", parameter(0, 0.01F)}});
  if (name == "Clip" && parameters.size() == 2)
    return b.clip(x, parameters[0], parameters[1]);
  if (name == "HardSigmoid")
    return b.add(name, {x}, {{"alpha", parameter(0, 0.2F)}, {"beta", parameter(1, 0.5F)}});
  graph::fail_at(b.node(), "attribute 'activation' " + in_quotes(name) +
                               " is not supported; Relu, Sigmoid, Tanh, LeakyRelu, HardSigmoid and "
                               "Clip with two activation_params are");
}

}  // namespace

/// act(Conv(x, w, b) + z)
bool rewrite_fused_conv(Builder& b) {
  if (!b.has_shape(0) || !b.has_shape(1) || (b.input(3) != kNone && !b.has_shape(3)))
    return false;
  const Node& node = b.node();
  std::vector<ValueId> inputs = {b.input(0), b.input(1)};
  if (b.input(2) != kNone)
    inputs.push_back(b.input(2));
  ValueId y = b.add("Conv", inputs, without(node, {"activation", "activation_params"}));
  if (b.input(3) != kNone)
    y = b.add("Add", {y, b.input(3)});
  return b.finish(
      activated(b, y, node.get_string("activation", ""), node.get_floats("activation_params")));
}

/// act(Gemm(a, b, c))
bool rewrite_fused_gemm(Builder& b) {
  if (!b.has_shape(0) || !b.has_shape(1))
    return false;
  const Node& node = b.node();
  std::vector<float> parameters;
  for (const char* key : {"activation_alpha", "activation_beta"}) {
    if (node.has(key))
      parameters.push_back(node.get_float(key, 0));
  }
  std::vector<ValueId> inputs = {b.input(0), b.input(1)};
  if (b.input(2) != kNone)
    inputs.push_back(b.input(2));
  const ValueId y = b.add(
      "Gemm", inputs,
      without(node, {"activation", "activation_alpha", "activation_beta", "activation_gamma"}));
  return b.finish(activated(b, y, node.get_string("activation", ""), parameters));
}

/// alpha A B, with the last two axes of either exchanged
bool rewrite_fused_matmul(Builder& b) {
  if (!b.has_shape(0) || !b.has_shape(1))
    return false;
  const Node& node = b.node();
  const auto operand = [&](std::size_t i, const char* key) {
    const ValueId x = b.input(i);
    const std::size_t rank = b.rank(x);
    if (node.get_int(key, 0) == 0 || rank < 2)
      return x;
    std::vector<int64_t> perm(rank);
    for (std::size_t k = 0; k < rank; ++k)
      perm[k] = static_cast<int64_t>(k);
    std::swap(perm[rank - 1], perm[rank - 2]);
    return b.transpose(x, perm);
  };
  const ValueId left = operand(0, "transA");
  const ValueId right = operand(1, "transB");
  const ValueId y = b.add("MatMul", {left, right});
  const float alpha = node.get_float("alpha", 1);
  return b.finish(alpha == 1 ? y : b.add("Mul", {y, b.number(alpha)}));
}

}  // namespace edgy::converter::rewrite
