// Operators that keep the place of every element, and those that move to and from integers.
#include <algorithm>

#include "converter/onnx_export/emit.h"

namespace edgy::converter::onnx_export {
namespace fb = format::fb;

void emit(Writer& writer, const fb::OperatorT& op, const fb::UnaryT& options) {
  const Layout layout = writer.cheap_layout(op.inputs[0]);
  const std::string x = writer.real(op.inputs[0], layout);
  const std::string& name = writer.tensor(op.outputs[0]).name;
  if (options.kind == fb::UnaryKind::Clip) {
    writer.store(writer.clamp(x, options.alpha, options.beta, name + ":clip"), op.outputs[0],
                 layout);
    return;
  }
  if (options.kind == fb::UnaryKind::Gelu) {  // an operator of its own only since opset 20
    const std::string share =
        writer.compute("Div", {x, writer.add_number(1.41421356F)}, name + ":share");
    const std::string erf = writer.compute("Erf", {share}, name + ":erf");
    const std::string one = writer.compute("Add", {erf, writer.add_number(1)}, name + ":one");
    const std::string product = writer.compute("Mul", {x, one}, name + ":product");
    writer.store(writer.compute("Mul", {product, writer.add_number(0.5F)}, name + ":gelu"),
                 op.outputs[0], layout);
    return;
  }
  const std::string type = fb::EnumNameUnaryKind(options.kind);
  const std::string value = writer.temporary(name + ":" + type);
  onnx::NodeProto& node = writer.add(type, {x}, {value});
  if (type == "LeakyRelu" || type == "Elu" || type == "HardSigmoid")
    set_float(node, "alpha", options.alpha);
  if (type == "HardSigmoid")
    set_float(node, "beta", options.beta);
  writer.store(value, op.outputs[0], layout);
}

void emit(Writer& writer, const fb::OperatorT& op, const fb::BinaryT& options) {
  const std::string& name = writer.tensor(op.outputs[0]).name;
  const std::string value =
      writer.compute(fb::EnumNameBinaryKind(options.kind),
                     {writer.real(op.inputs[0]), writer.real(op.inputs[1])}, name + ":value");
  writer.store(value, op.outputs[0]);
}

void emit(Writer& writer, const fb::OperatorT& op, const fb::QuantizeT& options) {
  std::string x;
  Layout layout = Layout::kLast;
  if (options.perm.empty()) {
    layout = writer.cheap_layout(op.inputs[0]);
    x = writer.stored(op.inputs[0], layout);
  } else {
    x = writer.transpose(writer.stored(op.inputs[0]), {options.perm.begin(), options.perm.end()},
                         writer.tensor(op.inputs[0]).name);
  }
  writer.store(x, op.outputs[0], layout);
}

void emit(Writer& writer, const fb::OperatorT& op, const fb::DequantizeT& /*options*/) {
  const Layout layout = writer.cheap_layout(op.inputs[0]);
  writer.store(writer.real(op.inputs[0], layout), op.outputs[0], layout);
}

void emit(Writer& writer, const fb::OperatorT& op, const fb::SoftmaxT& options) {
  const std::string value = writer.temporary(writer.tensor(op.outputs[0]).name + ":softmax");
  set_int(writer.add("Softmax", {writer.real(op.inputs[0])}, {value}), "axis", options.axis);
  writer.store(value, op.outputs[0]);
}

void emit(Writer& writer, const fb::OperatorT& op, const fb::LayerNormT& options) {
  std::vector<std::string> inputs = {writer.real(op.inputs[0]), writer.real(op.inputs[1])};
  if (input_of(op, 2) >= 0)
    inputs.push_back(writer.real(op.inputs[2]));
  const std::string value = writer.temporary(writer.tensor(op.outputs[0]).name + ":norm");
  onnx::NodeProto& node = writer.add("LayerNormalization", inputs, {value});
  set_int(node, "axis", -1);
  set_float(node, "epsilon", options.epsilon);
  writer.store(value, op.outputs[0]);
}

}  // namespace edgy::converter::onnx_export
