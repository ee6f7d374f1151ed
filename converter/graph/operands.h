// What every node must be like before anything looks into it.
#pragma once

#include "converter/graph/graph.h"

namespace edgy::converter::graph {

/// Checks every live node once: number of inputs and outputs (operators.h) and, of the inputs that
/// are constants, element type, rank and that they are not empty where the operator reads them as
/// parameters (scales, zero points, quantized weights, ranges, lists of axes and extents). Throws
/// Error naming the node and the input.
void check_operands(const Graph& graph);

/// Throws Error naming the node and the attribute if an attribute of the file was asked for by
/// nobody, though its value is not the one that ONNX takes where it is left out: the result would
/// not be what the model says. Called when a conversion is over.
void check_attributes_read(const Graph& graph);

}  // namespace edgy::converter::graph
