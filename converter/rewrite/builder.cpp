#include "converter/rewrite/builder.h"

#include "converter/graph/shape_inference.h"
#include "converter/text.h"

namespace edgy::converter::rewrite {

using graph::ElementType;

Builder::Builder(graph::Graph& graph, int index)
    : graph_(graph), node_(graph.nodes[static_cast<std::size_t>(index)]), index_(index) {}

bool Builder::has_shape(std::size_t i) const {
  return input(i) != kNone && graph_.value(input(i)).shape;
}

bool Builder::is_read(std::size_t i) const {
  const ValueId id = i < node_.outputs.size() ? node_.outputs[i] : kNone;
  return id != kNone && (graph_.is_output(id) || !graph_.consumers(id).empty());
}

void Builder::expect_float(std::size_t i) const {
  const graph::Value& value = graph_.value(node_.inputs[i]);
  if (value.type != ElementType::kFloat32) {
    graph::fail_at(node_, in_quotes(value.name) + " is " + graph::to_string(value.type) +
                              "; this operator is supported for float32");
  }
}

graph::TensorPtr Builder::constant(std::size_t i) const {
  return input(i) == kNone ? nullptr : graph_.value(input(i)).constant;
}

ValueId Builder::number(float value) {
  return floats({}, {value});
}

ValueId Builder::floats(const std::vector<int64_t>& shape, const std::vector<float>& values) {
  return graph_.add_constant(graph_.value(node_.outputs[0]).name + ":constant",
                             graph::make_floats(shape, values));
}

ValueId Builder::ints(const std::vector<int64_t>& values) {
  return graph_.add_constant(graph_.value(node_.outputs[0]).name + ":list",
                             graph::make_ints(values));
}

std::vector<ValueId> Builder::add_all(const std::string& op, std::vector<ValueId> inputs,
                                      Attributes attributes, std::size_t outputs) {
  // The first output that somebody asks for names what is made on the way.
  std::string name = op;
  for (const ValueId output : node_.outputs) {
    if (output != kNone) {
      name = graph_.value(output).name + ":" + op;
      break;
    }
  }
  Node node;
  node.name = node_.name;
  node.index = node_.index;
  node.source = node_.source;
  node.op = op;
  node.attributes = std::move(attributes);
  node.inputs = std::move(inputs);
  for (std::size_t i = 0; i < outputs; ++i) {
    graph::Value value;
    value.name = graph_.unused_name(name);
    node.outputs.push_back(graph_.add_value(std::move(value)));
  }
  std::vector<ValueId> made = node.outputs.ids();
  graph::infer_node(graph_, graph_.add_node(std::move(node)));
  return made;
}

ValueId Builder::add(const std::string& op, std::vector<ValueId> inputs, Attributes attributes) {
  return add_all(op, std::move(inputs), std::move(attributes), 1)[0];
}

ValueId Builder::clip(ValueId x, float low, float high) {
  return add("Clip", {x}, {{"min", low}, {"max", high}});
}

ValueId Builder::cast(ValueId x, ElementType to) {
  static const std::map<ElementType, int64_t> numbers = {
      {ElementType::kFloat32, 1}, {ElementType::kUint8, 2}, {ElementType::kInt8, 3},
      {ElementType::kInt32, 6},   {ElementType::kInt64, 7}, {ElementType::kBool, 9},
      {ElementType::kFloat64, 11}};
  return add("Cast", {x}, {{"to", numbers.at(to)}, {":to_type", static_cast<int64_t>(to)}});
}

ValueId Builder::marked_cast(ValueId x, ElementType to, const char* mark) {
  const ValueId y = cast(x, to);
  const int producer = graph_.producer(y);
  graph_.nodes[static_cast<std::size_t>(producer)].attributes[mark] = int64_t{1};
  return y;
}

ValueId Builder::exact_float(ValueId id) {
  if (type(id) == ElementType::kFloat32)
    return id;
  const ValueId behind = float_behind(id);
  return behind != kNone ? behind : marked_cast(id, ElementType::kFloat32, ":exact");
}

ValueId Builder::exactly(ValueId x, ElementType to) {
  return to == ElementType::kFloat32 ? x : marked_cast(x, to, ":holds");
}

ValueId Builder::checked(ValueId x, ElementType to) {
  return to == ElementType::kFloat32 ? x : marked_cast(x, to, ":exact");
}

ValueId Builder::float_behind(ValueId id) const {
  int producer = graph_.producer(id);
  while (producer >= 0 && graph_.nodes[static_cast<std::size_t>(producer)].op == "Identity")
    producer = graph_.producer(graph_.nodes[static_cast<std::size_t>(producer)].inputs[0]);
  if (producer < 0)
    return kNone;
  const Node& node = graph_.nodes[static_cast<std::size_t>(producer)];
  return node.op == "Cast" && node.has(":holds") ? node.inputs[0] : kNone;
}

ValueId Builder::reshape(ValueId x, const std::vector<int64_t>& shape) {
  return add("Reshape", {x, ints(shape)});
}

ValueId Builder::transpose(ValueId x, const std::vector<int64_t>& perm) {
  return add("Transpose", {x}, {{"perm", perm}});
}

ValueId Builder::reduce(const std::string& op, ValueId x, std::vector<int64_t> axes, bool keep) {
  return add(op, {x}, {{"axes", std::move(axes)}, {"keepdims", int64_t{keep ? 1 : 0}}});
}

ValueId Builder::slice(ValueId x, int64_t axis, int64_t start, int64_t end, int64_t step) {
  const auto list = [](int64_t entry) { return std::vector<int64_t>{entry}; };
  return add(
      "Slice", {x},
      {{"starts", list(start)}, {"ends", list(end)}, {"axes", list(axis)}, {"steps", list(step)}});
}

bool Builder::finish(ValueId value, std::size_t output) {
  graph_.remove_node(index_);
  if (output >= node_.outputs.size() || node_.outputs[output] == kNone)
    return true;
  Node last;
  last.name = node_.name;
  last.index = node_.index;
  last.source = node_.source;
  last.op = "Identity";
  last.inputs = {value};
  last.outputs = {node_.outputs[output]};
  graph::infer_node(graph_, graph_.add_node(std::move(last)));
  return true;
}

}  // namespace edgy::converter::rewrite
