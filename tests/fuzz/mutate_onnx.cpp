#include "tests/fuzz/mutate_onnx.h"

#include <string>

#include "converter/graph/operators.h"

namespace edgy::fuzz {
namespace {

/// The name of an operator that the converter knows, its own included: no file can have those.
std::string any_operator(Dice& dice) {
  return std::string(dice.pick(converter::graph::operators()).name);
}

/// The name of an attribute that some operator has.
std::string any_attribute(Dice& dice) {
  const auto& attributes = dice.pick(converter::graph::operators()).attributes;
  return attributes.empty() ? "axis" : dice.pick(attributes).name;
}

void change_dims(google::protobuf::RepeatedField<int64_t>& dims, Dice& dice) {
  switch (dims.empty() ? 0 : dice.below(3)) {
    case 0:
      dims.Add(dice.number());
      break;
    case 1:
      dims.RemoveLast();
      break;
    default:
      dims.Set(static_cast<int>(dice.below(static_cast<std::size_t>(dims.size()))), dice.number());
  }
}

void change_constant(onnx::TensorProto& tensor, Dice& dice) {
  switch (dice.below(5)) {
    case 0:
      return change_dims(*tensor.mutable_dims(), dice);
    case 1:
      return tensor.set_data_type(static_cast<int32_t>(dice.below(24)));
    case 2:
      return tensor.mutable_raw_data()->resize(dice.below(70), static_cast<char>(dice.number()));
    case 3:
      if (tensor.raw_data().empty())
        return tensor.add_int64_data(dice.number());
      dice.pick(*tensor.mutable_raw_data()) = static_cast<char>(dice.number());
      return;
    default:
      return tensor.clear_raw_data();
  }
}

void change_attribute(onnx::NodeProto& node, Dice& dice) {
  if (node.attribute().empty() || dice.one_in(4))
    node.add_attribute()->set_name(any_attribute(dice));
  onnx::AttributeProto& attribute = *node.mutable_attribute(
      static_cast<int>(dice.below(static_cast<std::size_t>(node.attribute_size()))));
  switch (dice.below(6)) {
    case 0:
      attribute.set_type(onnx::AttributeProto::INT);
      return attribute.set_i(dice.number());
    case 1:
      attribute.set_type(onnx::AttributeProto::FLOAT);
      return attribute.set_f(dice.real());
    case 2:
      attribute.set_type(onnx::AttributeProto::STRING);
      return attribute.set_s(dice.one_in(2) ? "reflect" : "SAME_UPPER");
    case 3:
      attribute.set_type(onnx::AttributeProto::TENSOR);
      return change_constant(*attribute.mutable_t(), dice);
    default:
      attribute.set_type(onnx::AttributeProto::INTS);
      return change_dims(*attribute.mutable_ints(), dice);
  }
}

/// A name of the graph, or "".
std::string any_name(const onnx::GraphProto& graph, Dice& dice) {
  const auto nodes = static_cast<std::size_t>(graph.node_size());
  const auto constants = static_cast<std::size_t>(graph.initializer_size());
  const std::size_t at = dice.below(nodes + constants + 2);
  if (at < nodes && graph.node(static_cast<int>(at)).output_size() > 0)
    return graph.node(static_cast<int>(at)).output(0);
  if (at >= nodes && at < nodes + constants)
    return graph.initializer(static_cast<int>(at - nodes)).name();
  return at == nodes + constants && graph.input_size() > 0 ? graph.input(0).name() : "";
}

void change_node(onnx::GraphProto& graph, Dice& dice) {
  if (graph.node().empty())
    graph.add_node()->add_output(graph.output_size() > 0 ? graph.output(0).name() : "y");
  onnx::NodeProto& node = *graph.mutable_node(
      static_cast<int>(dice.below(static_cast<std::size_t>(graph.node_size()))));
  switch (dice.below(6)) {
    case 0:
      return node.set_op_type(any_operator(dice));
    case 1:
      if (node.input().empty() || dice.one_in(3))
        return node.add_input(any_name(graph, dice));
      return node.set_input(
          static_cast<int>(dice.below(static_cast<std::size_t>(node.input_size()))),
          any_name(graph, dice));
    case 2:
      if (!node.input().empty())
        node.mutable_input()->RemoveLast();
      return;
    case 3:
      return node.add_output("extra" + std::to_string(dice.below(1000)));
    default:
      return change_attribute(node, dice);
  }
}

/// A node between the last one and the output.
void append_node(onnx::GraphProto& graph, Dice& dice) {
  if (graph.output().empty())
    return;
  const std::string output = graph.output(0).name();
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    for (std::string& name : *node.mutable_output())
      name = name == output ? output + "'" : name;
  }
  onnx::NodeProto& node = *graph.add_node();
  node.set_op_type(any_operator(dice));
  node.add_input(output + "'");
  if (dice.one_in(2))
    node.add_input(any_name(graph, dice));
  node.add_output(output);
}

void change_shape(onnx::ValueInfoProto& info, Dice& dice) {
  auto& type = *info.mutable_type()->mutable_tensor_type();
  if (dice.one_in(5))
    return type.set_elem_type(static_cast<int32_t>(dice.below(24)));
  auto& shape = *type.mutable_shape();
  if (shape.dim().empty() || dice.one_in(4))
    shape.add_dim();
  auto& dim =
      *shape.mutable_dim(static_cast<int>(dice.below(static_cast<std::size_t>(shape.dim_size()))));
  if (dice.one_in(3))
    dim.set_dim_param("T");
  else
    dim.set_dim_value(dice.number());
}

}  // namespace

void mutate_onnx(onnx::ModelProto& model, Dice& dice) {
  onnx::GraphProto& graph = *model.mutable_graph();
  switch (dice.below(12)) {
    case 0:
      if (model.opset_import().empty())
        model.add_opset_import();
      return model.mutable_opset_import(0)->set_version(static_cast<int64_t>(dice.below(26)));
    case 1:
      if (graph.input().empty())
        graph.add_input()->set_name("x");
      return change_shape(*graph.mutable_input(0), dice);
    case 2:
      return append_node(graph, dice);
    case 3:
    case 4:
    case 5:
      if (graph.initializer().empty())
        graph.add_initializer()->set_name("c");
      return change_constant(*graph.mutable_initializer(static_cast<int>(
                                 dice.below(static_cast<std::size_t>(graph.initializer_size())))),
                             dice);
    default:
      return change_node(graph, dice);
  }
}

}  // namespace edgy::fuzz
