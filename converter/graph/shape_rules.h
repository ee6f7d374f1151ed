// The shape rules that operators.inc names. Each infers the outputs of a node in canonical form,
// whose first input, if it has one, has a known shape; what a rule needs beyond that it asks for.
#pragma once

#include "converter/graph/graph.h"

namespace edgy::converter::graph {

#define EDGY_ONNX(name, domain, since, inputs, outputs, constants, shape, ...) \
  void infer_##shape(Graph& graph, Node& node);
#include "converter/graph/operators.inc"

/// True if the first `count` inputs are there and have known shapes.
bool has_shapes(const Graph& graph, const Node& node, std::size_t count);

}  // namespace edgy::converter::graph
