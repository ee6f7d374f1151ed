#include "tests/bench/models/graph.h"

#include <cmath>
#include <numbers>

namespace edgy::bench {
namespace {

onnx::TensorShapeProto* shape_of(onnx::ValueInfoProto& value, int32_t type) {
  auto* tensor = value.mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(type);
  return tensor->mutable_shape();
}

void declare(onnx::ValueInfoProto& value, const std::string& name, int32_t type,
             const std::vector<int64_t>& shape, const std::string& dynamic) {
  value.set_name(name);
  auto* extents = shape_of(value, type);
  for (const int64_t extent : shape) {
    if (extent < 0) {
      extents->add_dim()->set_dim_param(dynamic);
    } else {
      extents->add_dim()->set_dim_value(extent);
    }
  }
}

}  // namespace

GraphBuilder::GraphBuilder(const std::string& name, uint64_t seed) : random_(seed) {
  model_.set_ir_version(8);
  model_.set_producer_name("edgy-bench");
  auto* opset = model_.add_opset_import();
  opset->set_domain("");
  opset->set_version(17);
  model_.mutable_graph()->set_name(name);
}

void GraphBuilder::input(const std::string& name, const std::vector<int64_t>& shape,
                         const std::string& dynamic) {
  declare(*model_.mutable_graph()->add_input(), name, onnx::TensorProto::FLOAT, shape, dynamic);
}

void GraphBuilder::output(const std::string& name, int32_t type, const std::vector<int64_t>& shape,
                          const std::string& dynamic) {
  declare(*model_.mutable_graph()->add_output(), name, type, shape, dynamic);
}

double GraphBuilder::normal() {
  // Box and Muller's transform of raw engine output: library distributions differ between
  // platforms.
  const auto uniform = [&] { return (static_cast<double>(random_() >> 11) + 0.5) * 0x1p-53; };
  return std::sqrt(-2 * std::log(uniform())) * std::cos(2 * std::numbers::pi * uniform());
}

std::string GraphBuilder::weights(const std::string& name, const std::vector<int64_t>& shape,
                                  double deviation) {
  int64_t count = 1;
  for (const int64_t extent : shape)
    count *= extent;
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values)
    value = static_cast<float>(deviation * normal());
  return constant(name, shape, values);
}

std::string GraphBuilder::constant(const std::string& name, const std::vector<int64_t>& shape,
                                   const std::vector<float>& values) {
  auto* tensor = model_.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(onnx::TensorProto::FLOAT);
  for (const int64_t extent : shape)
    tensor->add_dims(extent);
  tensor->set_raw_data(values.data(), values.size() * sizeof(float));
  return name;
}

std::string GraphBuilder::integers(const std::string& name, const std::vector<int64_t>& values) {
  auto* tensor = model_.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(onnx::TensorProto::INT64);
  tensor->add_dims(static_cast<int64_t>(values.size()));
  tensor->set_raw_data(values.data(), values.size() * sizeof(int64_t));
  return name;
}

onnx::NodeProto& GraphBuilder::node(const std::string& op, const std::vector<std::string>& inputs,
                                    const std::vector<std::string>& outputs) {
  auto* node = model_.mutable_graph()->add_node();
  node->set_op_type(op);
  node->set_name(op + "_" + outputs.front());
  for (const std::string& input : inputs)
    node->add_input(input);
  for (const std::string& output : outputs)
    node->add_output(output);
  return *node;
}

void set_ints(onnx::NodeProto& node, const std::string& name, const std::vector<int64_t>& values) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INTS);
  for (const int64_t value : values)
    attribute->add_ints(value);
}

void set_int(onnx::NodeProto& node, const std::string& name, int64_t value) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INT);
  attribute->set_i(value);
}

void set_float(onnx::NodeProto& node, const std::string& name, float value) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::FLOAT);
  attribute->set_f(value);
}

}  // namespace edgy::bench
