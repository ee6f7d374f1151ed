// Operators with weights, and products.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "converter/onnx_export/emit.h"
#include "kernels/nearest_code/nearest_code.h"

namespace edgy::converter::onnx_export {
namespace fb = format::fb;
namespace {

/// Rows [O][taps][C] of `Value` with the channels before the taps: [O][C][taps].
template <typename Value>
std::vector<Value> channels_first(std::span<const Value> rows, int64_t outputs, int64_t taps,
                                  int64_t channels) {
  std::vector<Value> result(rows.size());
  for (int64_t o = 0; o < outputs; ++o) {
    for (int64_t tap = 0; tap < taps; ++tap) {
      for (int64_t c = 0; c < channels; ++c) {
        result[static_cast<std::size_t>((o * channels + c) * taps + tap)] =
            rows[static_cast<std::size_t>((o * taps + tap) * channels + c)];
      }
    }
  }
  return result;
}

/// Scales of integer weights, one for each output channel.
std::vector<float> row_scales(const fb::TensorT& weights) {
  const auto rows = static_cast<std::size_t>(weights.shape[0]);
  std::vector<float> scales = weights.quantization->scale;
  if (scales.size() == 1)
    scales.resize(rows, scales[0]);
  return scales;
}

/// `weights` in `shape` (of which `axis` are the output channels), each row [taps][channels]
/// written as [channels][taps].
std::string weights_in(Writer& writer, int index, const std::vector<int64_t>& shape, int axis,
                       int64_t outputs, int64_t taps, int64_t channels) {
  const fb::TensorT& weights = writer.tensor(index);
  const std::vector<uint8_t>& data = writer.bytes(index);
  if (weights.type == fb::DataType::F32) {
    const std::vector<float> rows = writer.floats(index);
    return writer.add_floats(weights.name, shape,
                             channels_first<float>(rows, outputs, taps, channels));
  }
  const std::span<const int8_t> rows(reinterpret_cast<const int8_t*>(data.data()), data.size());
  const std::string integers =
      writer.add_int8(weights.name, shape, channels_first<int8_t>(rows, outputs, taps, channels));
  const std::vector<float> scales = row_scales(weights);
  const std::vector<int8_t> zeros(scales.size(), 0);
  const auto count = static_cast<int64_t>(scales.size());
  std::string result = writer.temporary(weights.name + ":real");
  set_int(writer.add("DequantizeLinear",
                     {integers, writer.add_floats(weights.name + ":scale", {count}, scales),
                      writer.add_int8(weights.name + ":zero_point", {count}, zeros)},
                     {result}),
          "axis", axis);
  return result;
}

std::vector<int32_t> integers_of(const Writer& writer, int index) {
  const std::vector<uint8_t>& data = writer.bytes(index);
  std::vector<int32_t> values(data.size() / sizeof(int32_t));
  std::memcpy(values.data(), data.data(), values.size() * sizeof(int32_t));
  return values;
}

/// The bias of a layer with real inputs, or with the accumulators' unit as its grid; "" without.
std::string bias_of(Writer& writer, const fb::OperatorT& op) {
  const int index = input_of(op, 2);
  if (index < 0)
    return "";
  const fb::TensorT& bias = writer.tensor(index);
  if (bias.type != fb::DataType::I32)
    return writer.stored(index);
  std::vector<float> units = row_scales(writer.tensor(op.inputs[1]));
  for (float& unit : units)
    unit *= writer.tensor(op.inputs[0]).quantization->scale[0];
  const auto outputs = static_cast<int64_t>(units.size());
  std::string result = writer.temporary(bias.name + ":real");
  set_int(writer.add("DequantizeLinear",
                     {writer.add_int32(bias.name, {outputs}, integers_of(writer, index)),
                      writer.add_floats(bias.name + ":scale", {outputs}, units)},
                     {result}),
          "axis", 0);
  return result;
}

/// The sums of a layer, within its activation, as its output.
template <typename Options>
void store_layer(Writer& writer, const fb::OperatorT& op, const Options& options,
                 const std::string& sums, Layout layout) {
  const std::string& name = writer.tensor(op.outputs[0]).name;
  const std::string activated =
      writer.clamp(sums, options.activation_min, options.activation_max, name + ":activation");
  writer.store(activated, op.outputs[0], layout);
}

}  // namespace

void emit(Writer& writer, const fb::OperatorT& op, const fb::Conv2DT& options) {
  const auto& shape = writer.tensor(op.inputs[1]).shape;  // [O, KH, KW, C / groups]
  const bool is_sequence = writer.rank(op.inputs[0]) == 3;
  const int64_t taps = int64_t{shape[1]} * shape[2];
  std::vector<int64_t> extents = {shape[0], shape[3], shape[1], shape[2]};
  const auto spatial = [&](int h, int w) {
    return is_sequence ? std::vector<int64_t>{w} : std::vector<int64_t>{h, w};
  };
  if (is_sequence)
    extents = {shape[0], shape[3], shape[2]};
  std::vector<std::string> inputs = {
      writer.real(op.inputs[0], Layout::kFirst),
      weights_in(writer, op.inputs[1], extents, 0, shape[0], taps, shape[3])};
  if (const std::string bias = bias_of(writer, op); !bias.empty())
    inputs.push_back(bias);
  const std::string sums = writer.temporary(writer.tensor(op.outputs[0]).name + ":sums");
  onnx::NodeProto& node = writer.add("Conv", inputs, {sums});
  std::vector<int64_t> pads = spatial(options.pad_top, options.pad_left);
  const std::vector<int64_t> after = spatial(options.pad_bottom, options.pad_right);
  pads.insert(pads.end(), after.begin(), after.end());
  set_ints(node, "kernel_shape", spatial(shape[1], shape[2]));
  set_ints(node, "strides", spatial(options.stride_h, options.stride_w));
  set_ints(node, "dilations", spatial(options.dilation_h, options.dilation_w));
  set_ints(node, "pads", pads);
  set_int(node, "group", options.groups);
  store_layer(writer, op, options, sums, Layout::kFirst);
}

void emit(Writer& writer, const fb::OperatorT& op, const fb::DenseT& options) {
  const auto& shape = writer.tensor(op.inputs[1]).shape;  // [O, K]
  const std::string& name = writer.tensor(op.outputs[0]).name;
  const std::string bias = bias_of(writer, op);
  const std::string x = writer.real(op.inputs[0]);
  if (writer.rank(op.inputs[0]) == 2) {
    std::vector<std::string> inputs = {
        x, weights_in(writer, op.inputs[1], {shape[0], shape[1]}, 0, shape[0], 1, shape[1])};
    if (!bias.empty())
      inputs.push_back(bias);
    const std::string sums = writer.temporary(name + ":sums");
    set_int(writer.add("Gemm", inputs, {sums}), "transB", 1);
    store_layer(writer, op, options, sums, Layout::kLast);
    return;
  }
  // MatMul takes [K, O]: the rows as taps of one channel, moved behind it.
  const std::string weights =
      weights_in(writer, op.inputs[1], {shape[1], shape[0]}, 1, 1, shape[0], shape[1]);
  std::string sums = writer.compute("MatMul", {x, weights}, name + ":product");
  if (!bias.empty())
    sums = writer.compute("Add", {sums, bias}, name + ":sums");
  store_layer(writer, op, options, sums, Layout::kLast);
}

void emit(Writer& writer, const fb::OperatorT& op, const fb::MatMulT& options) {
  const auto operand = [&](int index, bool transposed) {
    std::string value = writer.real(index);
    if (!transposed)
      return value;
    std::vector<int64_t> perm;
    for (std::size_t axis = 0; axis < writer.rank(index); ++axis)
      perm.push_back(static_cast<int64_t>(axis));
    std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
    return writer.transpose(value, perm, writer.tensor(index).name);
  };
  const std::string product = writer.compute(
      "MatMul",
      {operand(op.inputs[0], options.transpose_a), operand(op.inputs[1], options.transpose_b)},
      writer.tensor(op.outputs[0]).name + ":product");
  writer.store(product, op.outputs[0]);
}

// The nearest code has the least |c|^2 / 2 - x.c; ties go to the first, as ArgMin's do.
void emit(Writer& writer, const fb::OperatorT& op, const fb::NearestCodeT& /*options*/) {
  const fb::TensorT& codebook = writer.tensor(op.inputs[1]);
  const int64_t codes = codebook.shape[0];
  const int64_t depth = codebook.shape[1];
  const std::vector<float> rows = writer.floats(op.inputs[1]);
  const std::vector<float> norms =
      input_of(op, 2) >= 0 ? writer.floats(op.inputs[2])
                           : kernels::half_squared_norms(rows, static_cast<std::size_t>(codes));
  const std::string columns = writer.add_floats(codebook.name, {depth, codes},
                                                channels_first<float>(rows, 1, codes, depth));
  const std::string& name = writer.tensor(op.outputs[0]).name;
  const std::string products =
      writer.compute("MatMul", {writer.real(op.inputs[0]), columns}, name + ":products");
  const std::string distances = writer.compute(
      "Sub", {writer.add_floats(codebook.name + ":half_norm", {codes}, norms), products},
      name + ":distances");
  onnx::NodeProto& node = writer.add("ArgMin", {distances}, {writer.define(op.outputs[0])});
  set_int(node, "axis", -1);
  set_int(node, "keepdims", 0);
}

}  // namespace edgy::converter::onnx_export
