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

namespace {

/// 1 or 0 of the truth that a comparison gives.
std::string flag(Writer& writer, const std::string& type, const std::vector<std::string>& operands,
                 const std::string& name) {
  const std::string truth = writer.compute(type, operands, name + ":truth");
  std::string result = writer.temporary(name + ":flag");
  set_int(writer.add("Cast", {truth}, {result}), "to", onnx::TensorProto::FLOAT);
  return result;
}

std::string binary(Writer& writer, fb::BinaryKind kind, const std::vector<std::string>& operands,
                   const std::string& name) {
  switch (kind) {
    case fb::BinaryKind::IsLess:
      return flag(writer, "Less", operands, name);
    case fb::BinaryKind::IsEqual:
      return flag(writer, "Equal", operands, name);
    case fb::BinaryKind::Keep: {
      const std::string zero = writer.add_number(0);
      const std::string dropped = writer.compute("Equal", {operands[1], zero}, name + ":dropped");
      return writer.compute("Where", {dropped, zero, operands[0]}, name + ":kept");
    }
    default:
      return writer.compute(fb::EnumNameBinaryKind(kind), operands, name + ":value");
  }
}

}  // namespace

void emit(Writer& writer, const fb::OperatorT& op, const fb::BinaryT& options) {
  writer.store(binary(writer, options.kind, {writer.real(op.inputs[0]), writer.real(op.inputs[1])},
                      writer.tensor(op.outputs[0]).name),
               op.outputs[0]);
}

void emit(Writer& writer, const fb::OperatorT& op, const fb::CastT& /*options*/) {
  const std::string x = writer.stored(op.inputs[0]);
  set_int(writer.add("Cast", {x}, {writer.define(op.outputs[0])}), "to",
          onnx_type(writer.tensor(op.outputs[0]).type));
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
