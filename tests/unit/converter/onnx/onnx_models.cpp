#include "tests/unit/converter/onnx/onnx_models.h"

#include <cstring>

#include "converter/calibration/runner.h"
#include "converter/error.h"
#include "converter/export/export.h"
#include "converter/lower/lower.h"
#include "converter/onnx/import.h"
#include "converter/passes/passes.h"

namespace edgy::converter {
namespace {

void set_info(onnx::ValueInfoProto& info, const std::string& name,
              const std::vector<int64_t>& shape, int32_t type) {
  constexpr const char* kNames[] = {"T", "N", "B"};
  info.set_name(name);
  auto* tensor = info.mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(type);
  tensor->mutable_shape();
  for (const int64_t extent : shape) {
    auto* dim = tensor->mutable_shape()->add_dim();
    if (extent < 0)
      dim->set_dim_param(kNames[-extent - 1]);
    else
      dim->set_dim_value(extent);
  }
}

onnx::TensorProto proto_of(const std::string& name, int32_t type, const std::vector<int64_t>& shape,
                           const void* data, std::size_t bytes) {
  onnx::TensorProto proto;
  proto.set_name(name);
  proto.set_data_type(type);
  for (const int64_t extent : shape)
    proto.add_dims(extent);
  proto.set_raw_data(std::string(static_cast<const char*>(data), bytes));
  return proto;
}

int32_t type_number(graph::ElementType type) {
  switch (type) {
    case graph::ElementType::kFloat32:
      return onnx::TensorProto::FLOAT;
    case graph::ElementType::kFloat64:
      return onnx::TensorProto::DOUBLE;
    case graph::ElementType::kInt8:
      return onnx::TensorProto::INT8;
    case graph::ElementType::kUint8:
      return onnx::TensorProto::UINT8;
    case graph::ElementType::kInt32:
      return onnx::TensorProto::INT32;
    case graph::ElementType::kInt64:
      return onnx::TensorProto::INT64;
    case graph::ElementType::kBool:
      return onnx::TensorProto::BOOL;
  }
  return onnx::TensorProto::UNDEFINED;
}

}  // namespace

SmallModel::SmallModel(int64_t opset) {
  model_.set_ir_version(8);
  model_.add_opset_import()->set_version(opset);
  model_.mutable_graph()->set_name("small");
}

SmallModel& SmallModel::input(const std::string& name, const std::vector<int64_t>& shape,
                              int32_t type) {
  set_info(*model_.mutable_graph()->add_input(), name, shape, type);
  return *this;
}

SmallModel& SmallModel::output(const std::string& name, const std::vector<int64_t>& shape,
                               int32_t type) {
  set_info(*model_.mutable_graph()->add_output(), name, shape, type);
  return *this;
}

SmallModel& SmallModel::constant(const std::string& name, const graph::Tensor& tensor) {
  *model_.mutable_graph()->add_initializer() = proto_of(
      name, type_number(tensor.type), tensor.shape, tensor.data.data(), tensor.data.size());
  return *this;
}

SmallModel& SmallModel::floats(const std::string& name, const std::vector<int64_t>& shape,
                               const std::vector<float>& values) {
  return constant(name, graph::make_floats(shape, values));
}

SmallModel& SmallModel::ints(const std::string& name, const std::vector<int64_t>& values) {
  return constant(name, graph::make_ints(values));
}

SmallModel& SmallModel::scalar(const std::string& name, int64_t value) {
  return constant(name, graph::reshaped(graph::make_ints({&value, 1}), {}));
}

SmallModel& SmallModel::bytes(const std::string& name, int32_t type,
                              const std::vector<int64_t>& shape, const std::vector<int>& values) {
  std::string data;
  for (const int value : values)
    data.push_back(static_cast<char>(value));
  *model_.mutable_graph()->add_initializer() =
      proto_of(name, type, shape, data.data(), data.size());
  return *this;
}

onnx::NodeProto& SmallModel::node(const std::string& op, const std::vector<std::string>& inputs,
                                  const std::vector<std::string>& outputs) {
  auto* node = model_.mutable_graph()->add_node();
  node->set_op_type(op);
  node->set_name(op + std::to_string(model_.graph().node_size()));
  if (op == "QGemm" || (op.starts_with("QLinear") && op != "QLinearConv" && op != "QLinearMatMul"))
    node->set_domain("com.microsoft");
  if (op == "FakeQuantize")
    node->set_domain("org.openvinotoolkit");
  for (const std::string& name : inputs)
    node->add_input(name);
  for (const std::string& name : outputs)
    node->add_output(name);
  return *node;
}

std::vector<uint8_t> SmallModel::file() const {
  std::vector<uint8_t> bytes(model_.ByteSizeLong());
  model_.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

void set_string(onnx::NodeProto& node, const std::string& name, const std::string& value) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::STRING);
  attribute->set_s(value);
}

std::vector<uint8_t> converted(const SmallModel& model) {
  graph::Graph graph = onnx_import::import_model(model.file(), "small.onnx");
  passes::run_all(graph);
  format::fb::ModelT result = lower::lower_graph(graph);
  stamp(result, {"small.onnx", {}}, "test");
  return serialize(result);
}

std::string refusal(const SmallModel& model) {
  try {
    converted(model);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

Tensor float_tensor(const std::vector<int64_t>& shape, const std::vector<float>& values) {
  Tensor tensor;
  tensor.shape = shape;
  tensor.data.resize(values.size() * sizeof(float));
  if (!values.empty())
    std::memcpy(tensor.data.data(), values.data(), tensor.data.size());
  return tensor;
}

std::vector<Tensor> run_model(const SmallModel& model, const std::vector<Tensor>& inputs) {
  const std::vector<uint8_t> bytes = converted(model);
  format::fb::ModelT unpacked;
  format::fb::GetModel(bytes.data())->UnPackTo(&unpacked);
  Runner runner(unpacked);
  return runner.run({"small", inputs});
}

std::vector<float> floats_of(const Tensor& tensor) {
  const auto values = tensor.values<float>();
  return {values.begin(), values.end()};
}

}  // namespace edgy::converter
