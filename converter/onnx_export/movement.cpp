// Operators that move elements or reduce them. Those that only move take integers as they are.
#include <algorithm>

#include "converter/onnx_export/emit.h"

namespace edgy::converter::onnx_export {
namespace fb = format::fb;
namespace {

std::vector<int64_t> wide(const std::vector<int32_t>& values) {
  return {values.begin(), values.end()};
}

std::vector<int64_t> joined(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  std::vector<int64_t> result = wide(a);
  result.insert(result.end(), b.begin(), b.end());
  return result;
}

}  // namespace

void emit(Writer& writer, const fb::OperatorT& op, const fb::TransposeT& options) {
  const std::string x = writer.stored(op.inputs[0]);
  set_ints(writer.add("Transpose", {x}, {writer.define(op.outputs[0])}), "perm",
           wide(options.perm));
}

void emit(Writer& writer, const fb::OperatorT& op, const fb::ReshapeT& options) {
  const std::string x = writer.stored(op.inputs[0]);
  writer.add("Reshape", {x, writer.add_ints("shape", wide(options.shape))},
             {writer.define(op.outputs[0])});
}

void emit(Writer& writer, const fb::OperatorT& op, const fb::ConcatT& options) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < op.inputs.size(); ++i) {
    if (input_of(op, i) >= 0)
      parts.push_back(writer.stored(op.inputs[i]));
  }
  set_int(writer.add("Concat", parts, {writer.define(op.outputs[0])}), "axis", options.axis);
}

void emit(Writer& writer, const fb::OperatorT& op, const fb::SliceT& options) {
  const std::string x = writer.stored(op.inputs[0]);
  std::string ends = writer.add_ints("ends", wide(options.ends));
  if (const int like = input_of(op, 1); like >= 0) {
    // The first range ends where an axis of another tensor does.
    const std::string& name = writer.tensor(like).name;
    const std::string shape = writer.compute("Shape", {writer.stored(like)}, name + ":shape");
    std::string extent = writer.compute(
        "Gather", {shape, writer.add_ints("axis", {options.like_axis})}, name + ":extent");
    if (options.ends.size() > 1) {
      const std::vector<int64_t> rest(options.ends.begin() + 1, options.ends.end());
      ends = writer.temporary("ends");
      set_int(writer.add("Concat", {extent, writer.add_ints("rest", rest)}, {ends}), "axis", 0);
    } else {
      ends = std::move(extent);
    }
  }
  writer.add(
      "Slice",
      {x, writer.add_ints("starts", wide(options.starts)), ends,
       writer.add_ints("axes", wide(options.axes)), writer.add_ints("steps", wide(options.steps))},
      {writer.define(op.outputs[0])});
}

void emit(Writer& writer, const fb::OperatorT& op, const fb::PadT& options) {
  const std::string pads = writer.add_ints("pads", joined(options.before, options.after));
  const std::string value = writer.temporary(writer.tensor(op.outputs[0]).name + ":padded");
  onnx::NodeProto& node = writer.add(
      "Pad", {writer.real(op.inputs[0]), pads, writer.add_number(options.value)}, {value});
  set_string(node, "mode",
             options.mode == fb::PadMode::Reflect ? "reflect"
             : options.mode == fb::PadMode::Edge  ? "edge"
                                                  : "constant");
  writer.store(value, op.outputs[0]);
}

void emit(Writer& writer, const fb::OperatorT& op, const fb::GatherT& options) {
  const std::string data = writer.stored(op.inputs[0]);
  const std::string indices = writer.stored(op.inputs[1]);
  set_int(writer.add("Gather", {data, indices}, {writer.define(op.outputs[0])}), "axis",
          options.axis);
}

void emit(Writer& writer, const fb::OperatorT& op, const fb::ReduceT& options) {
  const std::string x = writer.real(op.inputs[0]);
  const std::string value = writer.temporary(writer.tensor(op.outputs[0]).name + ":reduced");
  const std::string type = std::string("Reduce") + fb::EnumNameReduceKind(options.kind);
  // Before opset 18 the axes are an attribute of all of these but ReduceSum.
  const bool as_input = options.kind == fb::ReduceKind::Sum;
  std::vector<std::string> inputs = {x};
  if (as_input)
    inputs.push_back(writer.add_ints("axes", wide(options.axes)));
  onnx::NodeProto& node = writer.add(type, inputs, {value});
  if (!as_input)
    set_ints(node, "axes", wide(options.axes));
  set_int(node, "keepdims", options.keep_dims ? 1 : 0);
  writer.store(value, op.outputs[0]);
}

void emit(Writer& writer, const fb::OperatorT& op, const fb::ArgReduceT& options) {
  const std::string x = writer.real(op.inputs[0]);
  onnx::NodeProto& node = writer.add(options.kind == fb::ArgKind::Min ? "ArgMin" : "ArgMax", {x},
                                     {writer.define(op.outputs[0])});
  set_int(node, "axis", options.axis);
  set_int(node, "keepdims", options.keep_dims ? 1 : 0);
}

void emit(Writer& writer, const fb::OperatorT& op, const fb::Pool2DT& options) {
  const bool is_sequence = writer.rank(op.inputs[0]) == 3;
  const auto spatial = [&](int h, int w) {
    return is_sequence ? std::vector<int64_t>{w} : std::vector<int64_t>{h, w};
  };
  const bool is_max = options.kind == fb::PoolKind::Max;
  const std::string value = writer.temporary(writer.tensor(op.outputs[0]).name + ":pooled");
  onnx::NodeProto& node = writer.add(is_max ? "MaxPool" : "AveragePool",
                                     {writer.real(op.inputs[0], Layout::kFirst)}, {value});
  std::vector<int64_t> pads = spatial(options.pad_top, options.pad_left);
  const std::vector<int64_t> after = spatial(options.pad_bottom, options.pad_right);
  pads.insert(pads.end(), after.begin(), after.end());
  set_ints(node, "kernel_shape", spatial(options.kernel_h, options.kernel_w));
  set_ints(node, "strides", spatial(options.stride_h, options.stride_w));
  set_ints(node, "pads", pads);
  if (!is_max)
    set_int(node, "count_include_pad", options.count_include_pad ? 1 : 0);
  writer.store(value, op.outputs[0], Layout::kFirst);
}

}  // namespace edgy::converter::onnx_export
