#include "converter/lower/families.h"
#include "converter/text.h"

namespace edgy::converter::lower {
namespace {

graph::Grid grid_of(const Node& node) {
  graph::Grid grid;
  grid.scale = {node.get_float("scale", 1)};
  grid.zero_point = {static_cast<int32_t>(node.get_int("zero_point", 0))};
  grid.bits = static_cast<int>(node.get_int("bits", 8));
  grid.qmin = static_cast<int32_t>(node.get_int("qmin", -128));
  grid.qmax = static_cast<int32_t>(node.get_int("qmax", 127));
  return grid;
}

}  // namespace

void lower_quantize(Context& context, const Node& node) {
  context.expect_float(node, node.inputs[0]);
  if (context.graph().is_output(node.outputs[0])) {
    graph::fail_at(node,
                   "an output of the model is quantized; outputs in float32 are accepted: end "
                   "the model with DequantizeLinear");
  }
  const Placed x = context.get(node, node.inputs[0]);
  const int output = context.define(node, 0, x.order);
  context.set_grid(output, grid_of(node), -1);
  context.add_operator(node, fb::QuantizeT{}, {x.tensor}, {output});
}

void lower_dequantize(Context& context, const Node& node) {
  const Placed x = context.get(node, node.inputs[0]);
  const fb::TensorT& source = *context.model().tensors[static_cast<std::size_t>(x.tensor)];
  if (source.type != fb::DataType::I8 || !source.quantization) {
    graph::fail_at(node, "its input " + in_quotes(context.graph().value(node.inputs[0]).name) +
                             " is not made by a quantizer of the model; inputs of the model in "
                             "float32 are accepted: begin the model with QuantizeLinear");
  }
  context.add_operator(node, fb::DequantizeT{}, {x.tensor}, {context.define(node, 0, x.order)});
}

}  // namespace edgy::converter::lower
