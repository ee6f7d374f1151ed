// LSTM and GRU: ONNX has time first and an axis of directions.
#include "converter/error.h"
#include "converter/onnx_export/emit.h"

namespace edgy::converter::onnx_export {
namespace fb = format::fb;
namespace {

/// A constant with an axis of one direction in front.
std::string with_direction(Writer& writer, int index) {
  if (index < 0)
    return "";
  const fb::TensorT& constant = writer.tensor(index);
  std::vector<int64_t> shape = {1};
  shape.insert(shape.end(), constant.shape.begin(), constant.shape.end());
  return writer.add_floats(constant.name, shape, writer.floats(index));
}

/// An initial state [N, H] as [1, N, H].
std::string state(Writer& writer, int index) {
  if (index < 0)
    return "";
  return writer.compute("Unsqueeze", {writer.stored(index), writer.add_ints("axes", {0})},
                        writer.tensor(index).name + ":directions");
}

onnx::NodeProto& add_recurrent(Writer& writer, const fb::OperatorT& op, const std::string& type,
                               int hidden, std::size_t states) {
  const std::string& x_name = writer.tensor(op.inputs[0]).name;
  std::vector<std::string> inputs = {
      writer.transpose(writer.stored(op.inputs[0]), {1, 0, 2}, x_name)};
  for (std::size_t i = 1; i <= 3; ++i)
    inputs.push_back(with_direction(writer, input_of(op, i)));
  inputs.emplace_back("");  // sequence_lens
  for (std::size_t i = 0; i < states; ++i)
    inputs.push_back(state(writer, input_of(op, 4 + i)));
  while (inputs.back().empty())
    inputs.pop_back();
  std::vector<std::string> outputs;
  for (std::size_t i = 0; i <= states; ++i) {
    const int index = output_of(op, i);
    outputs.push_back(index < 0 ? "" : writer.temporary(writer.tensor(index).name + ":directions"));
  }
  onnx::NodeProto& node = writer.add(type, inputs, outputs);
  set_int(node, "hidden_size", hidden);
  for (std::size_t i = 0; i <= states; ++i) {
    const int index = output_of(op, i);
    if (index < 0)
      continue;
    const std::string axes = writer.add_ints("axes", {i == 0 ? 1 : 0});
    if (i > 0) {
      writer.add("Squeeze", {outputs[i], axes}, {writer.define(index)});
      continue;
    }
    const std::string steps =
        writer.compute("Squeeze", {outputs[i], axes}, writer.tensor(index).name + ":steps");
    set_ints(writer.add("Transpose", {steps}, {writer.define(index)}), "perm", {1, 0, 2});
  }
  return node;
}

}  // namespace

void emit(Writer& writer, const fb::OperatorT& op, const fb::LstmT& options) {
  if (options.state_scale != 0) {
    throw Error(
        "operator '" + op.name +
        "' is an Lstm of integers, whose state is rounded between steps: ONNX has no form for "
        "it; convert with max_integer_loss_db 0 to export it");
  }
  add_recurrent(writer, op, "LSTM", options.hidden, 2);
}

void emit(Writer& writer, const fb::OperatorT& op, const fb::GruT& options) {
  // The reference stays good: protobuf keeps repeated messages where they are.
  onnx::NodeProto& node = add_recurrent(writer, op, "GRU", options.hidden, 1);
  set_int(node, "linear_before_reset", options.linear_before_reset ? 1 : 0);
}

}  // namespace edgy::converter::onnx_export
