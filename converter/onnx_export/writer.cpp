#include "converter/onnx_export/writer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "converter/error.h"

namespace edgy::converter::onnx_export {
namespace fb = format::fb;
namespace {

/// From channels last to channels first, or back.
std::vector<int64_t> permutation(std::size_t rank, Layout to) {
  const auto last = static_cast<int64_t>(rank) - 1;
  std::vector<int64_t> perm = {0};
  if (to == Layout::kFirst)
    perm.push_back(last);
  for (int64_t axis = to == Layout::kFirst ? 1 : 2; axis < last + (to == Layout::kLast ? 1 : 0);
       ++axis)
    perm.push_back(axis);
  if (to == Layout::kLast)
    perm.push_back(1);
  return perm;
}

std::string unique(std::set<std::string>& taken, const std::string& hint) {
  std::string name = hint;
  for (int suffix = 2; !taken.insert(name).second; ++suffix)
    name = hint + "#" + std::to_string(suffix);
  return name;
}

}  // namespace

int onnx_type(fb::DataType type) {
  switch (type) {
    case fb::DataType::F32:
      return onnx::TensorProto::FLOAT;
    case fb::DataType::I8:
      return onnx::TensorProto::INT8;
    case fb::DataType::U8:
      return onnx::TensorProto::UINT8;
    case fb::DataType::I32:
      return onnx::TensorProto::INT32;
    case fb::DataType::I64:
      return onnx::TensorProto::INT64;
    case fb::DataType::Bool:
      return onnx::TensorProto::BOOL;
    case fb::DataType::F16:
    case fb::DataType::I4:
      break;  // plain constants have neither
  }
  throw Error(std::string("a tensor of type ") + fb::EnumNameDataType(type) +
              " has no counterpart here");
}

Writer::Writer(const fb::ModelT& model, onnx::ModelProto& proto)
    : model_(model),
      graph_(*proto.mutable_graph()),
      last_(model.tensors.size()),
      first_(model.tensors.size()) {
  // Inputs and outputs keep their names, whatever is made before they are asked for.
  for (const auto& list : {model.inputs, model.outputs}) {
    for (const int index : list)
      taken_.insert(tensor(index).name);
  }
}

const fb::TensorT& Writer::tensor(int index) const {
  return *model_.tensors[static_cast<std::size_t>(index)];
}

const std::vector<uint8_t>& Writer::bytes(int index) const {
  return model_.buffers[static_cast<std::size_t>(tensor(index).buffer)]->data;
}

std::vector<float> Writer::floats(int index) const {
  const std::vector<uint8_t>& data = bytes(index);
  std::vector<float> values(data.size() / sizeof(float));
  std::memcpy(values.data(), data.data(), values.size() * sizeof(float));
  return values;
}

std::string& Writer::name(int index, Layout layout) {
  return (layout == Layout::kLast ? last_ : first_)[static_cast<std::size_t>(index)];
}

std::string Writer::initializer(int index) {
  const fb::TensorT& constant = tensor(index);
  onnx::TensorProto& proto = add_tensor(
      constant.name, {constant.shape.begin(), constant.shape.end()}, onnx_type(constant.type));
  const std::vector<uint8_t>& data = bytes(index);
  proto.set_raw_data(data.data(), data.size());
  return proto.name();
}

Layout Writer::cheap_layout(int index) const {
  const auto at = static_cast<std::size_t>(index);
  return last_[at].empty() && !first_[at].empty() ? Layout::kFirst : Layout::kLast;
}

std::string Writer::stored(int index, Layout layout) {
  std::string& wanted = name(index, layout);
  if (!wanted.empty())
    return wanted;
  if (is_constant(index) && layout == Layout::kLast)
    return wanted = initializer(index);
  const Layout other = layout == Layout::kLast ? Layout::kFirst : Layout::kLast;
  const std::string made = stored(index, other);
  std::string result = define(index, layout);
  set_ints(add("Transpose", {made}, {result}), "perm", permutation(rank(index), layout));
  return result;
}

std::string Writer::real(int index, Layout layout) {
  if (!tensor(index).quantization || tensor(index).type != fb::DataType::I8)
    return stored(index, layout);
  const auto known = real_.find({index, layout});
  if (known != real_.end())
    return known->second;
  const bool is_made = !name(index, layout).empty();
  std::string result;
  if (is_made || is_constant(index) || real_.find({index, cheap_layout(index)}) == real_.end()) {
    std::vector<std::string> inputs = {stored(index, layout)};
    const std::string hint = quantization_inputs(index, inputs);
    result = temporary(hint);
    onnx::NodeProto& node = add("DequantizeLinear", inputs, {result});
    if (tensor(index).quantization->scale.size() > 1)
      set_int(node, "axis", tensor(index).quantization->axis);
  } else {
    const std::string made = real_.at({index, cheap_layout(index)});
    result = transpose(made, permutation(rank(index), layout), tensor(index).name);
  }
  return real_[{index, layout}] = result;
}

std::string Writer::quantization_inputs(int index, std::vector<std::string>& inputs) {
  const fb::TensorT& of = tensor(index);
  const fb::QuantizationT& grid = *of.quantization;
  const auto count = static_cast<int64_t>(grid.scale.size());
  const std::vector<int64_t> shape =
      count > 1 ? std::vector<int64_t>{count} : std::vector<int64_t>{};
  std::vector<int8_t> zeros(grid.scale.size(), 0);
  for (std::size_t i = 0; i < zeros.size() && !grid.zero_point.empty(); ++i) {
    const int zero = grid.zero_point[grid.zero_point.size() == 1 ? 0 : i];
    if (zero < -128 || zero > 127)
      throw Error("tensor '" + of.name + "': a zero point of " + std::to_string(zero) +
                  " is no signed byte");
    zeros[i] = static_cast<int8_t>(zero);
  }
  inputs.push_back(add_floats(of.name + ":scale", shape, grid.scale));
  inputs.push_back(add_int8(of.name + ":zero_point", shape, zeros));
  return of.name + ":real";
}

std::string Writer::define(int index, Layout layout) {
  std::string& made = name(index, layout);
  const std::string& own = tensor(index).name;
  const auto holds = [&](const std::vector<int>& list) {
    return std::find(list.begin(), list.end(), index) != list.end();
  };
  if (layout == Layout::kFirst)
    made = temporary(own + ":first");
  else
    made = holds(model_.outputs) || holds(model_.inputs) ? own : temporary(own);
  return made;
}

void Writer::store(const std::string& value, int index, Layout layout) {
  const fb::TensorT& to = tensor(index);
  if (to.type != fb::DataType::I8 || !to.quantization) {
    add("Identity", {value}, {define(index, layout)});
    return;
  }
  const fb::QuantizationT& grid = *to.quantization;
  const auto end = [&](int q) {
    return grid.scale[0] * static_cast<float>(q - grid.zero_point[0]);
  };
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::string kept = clamp(value, grid.qmin > -128 ? end(grid.qmin) : -kInfinity,
                                 grid.qmax < 127 ? end(grid.qmax) : kInfinity, to.name + ":within");
  std::vector<std::string> inputs = {kept};
  quantization_inputs(index, inputs);
  add("QuantizeLinear", inputs, {define(index, layout)});
}

std::string Writer::temporary(const std::string& hint) {
  return unique(taken_, hint.empty() ? "value" : hint);
}

onnx::NodeProto& Writer::add(const std::string& type, const std::vector<std::string>& inputs,
                             const std::vector<std::string>& outputs) {
  onnx::NodeProto& node = *graph_.add_node();
  node.set_op_type(type);
  node.set_name(type + "_" + std::to_string(graph_.node_size()));
  for (const std::string& input : inputs)
    node.add_input(input);
  for (const std::string& output : outputs)
    node.add_output(output);
  return node;
}

std::string Writer::compute(const std::string& type, const std::vector<std::string>& inputs,
                            const std::string& hint) {
  std::string result = temporary(hint);
  add(type, inputs, {result});
  return result;
}

std::string Writer::transpose(const std::string& value, const std::vector<int64_t>& perm,
                              const std::string& hint) {
  std::string result = temporary(hint + ":transposed");
  set_ints(add("Transpose", {value}, {result}), "perm", perm);
  return result;
}

std::string Writer::clamp(const std::string& value, float low, float high,
                          const std::string& hint) {
  if (std::isinf(low) && std::isinf(high))
    return value;
  if (low == 0 && std::isinf(high))
    return compute("Relu", {value}, hint);
  return compute(
      "Clip",
      {value, std::isinf(low) ? "" : add_number(low), std::isinf(high) ? "" : add_number(high)},
      hint);
}

onnx::TensorProto& Writer::add_tensor(const std::string& hint, const std::vector<int64_t>& shape,
                                      int type) {
  onnx::TensorProto& proto = *graph_.add_initializer();
  proto.set_name(temporary(hint));
  proto.set_data_type(type);
  for (const int64_t extent : shape)
    proto.add_dims(extent);
  return proto;
}

std::string Writer::add_floats(const std::string& hint, const std::vector<int64_t>& shape,
                               std::span<const float> values) {
  onnx::TensorProto& proto = add_tensor(hint, shape, onnx::TensorProto::FLOAT);
  proto.set_raw_data(values.data(), values.size_bytes());
  return proto.name();
}

std::string Writer::add_ints(const std::string& hint, const std::vector<int64_t>& values) {
  onnx::TensorProto& proto =
      add_tensor(hint, {static_cast<int64_t>(values.size())}, onnx::TensorProto::INT64);
  proto.set_raw_data(values.data(), values.size() * sizeof(int64_t));
  return proto.name();
}

std::string Writer::add_int8(const std::string& hint, const std::vector<int64_t>& shape,
                             std::span<const int8_t> values) {
  onnx::TensorProto& proto = add_tensor(hint, shape, onnx::TensorProto::INT8);
  proto.set_raw_data(values.data(), values.size());
  return proto.name();
}

std::string Writer::add_int32(const std::string& hint, const std::vector<int64_t>& shape,
                              std::span<const int32_t> values) {
  onnx::TensorProto& proto = add_tensor(hint, shape, onnx::TensorProto::INT32);
  proto.set_raw_data(values.data(), values.size_bytes());
  return proto.name();
}

void Writer::declare(int index, onnx::ValueInfoProto& info) const {
  const fb::TensorT& of = tensor(index);
  info.set_name(of.name);
  onnx::TypeProto_Tensor& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx_type(of.type));
  onnx::TensorShapeProto& shape = *type.mutable_shape();
  for (std::size_t axis = 0; axis < of.shape.size(); ++axis) {
    onnx::TensorShapeProto_Dimension& dim = *shape.add_dim();
    if (of.shape[axis] >= 0)
      dim.set_dim_value(of.shape[axis]);
    else if (axis < of.dims.size() && !of.dims[axis].empty())
      dim.set_dim_param(of.dims[axis]);
  }
}

void Writer::declare_inputs() {
  for (const int index : model_.inputs) {
    name(index, Layout::kLast) = tensor(index).name;
    declare(index, *graph_.add_input());
  }
}

void Writer::declare_outputs() {
  for (const int index : model_.outputs) {
    stored(index);
    declare(index, *graph_.add_output());
  }
}

void set_int(onnx::NodeProto& node, const std::string& name, int64_t value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}

void set_float(onnx::NodeProto& node, const std::string& name, float value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::FLOAT);
  attribute.set_f(value);
}

void set_ints(onnx::NodeProto& node, const std::string& name, const std::vector<int64_t>& values) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INTS);
  for (const int64_t value : values)
    attribute.add_ints(value);
}

void set_string(onnx::NodeProto& node, const std::string& name, const std::string& value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::STRING);
  attribute.set_s(value);
}

}  // namespace edgy::converter::onnx_export
