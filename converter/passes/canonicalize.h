// One spelling for what ONNX's operator sets have spelled in several ways.
#pragma once

#include "converter/graph/graph.h"

namespace edgy::converter::passes {

/// Rewrites a node of any accepted operator set into the newest form with constants as attributes:
///  * Squeeze, Unsqueeze, Reduce*: axes; Split: split; Clip: min, max (only while constant); Pad:
///  pads of all axes, mode, value;
///  * Dropout: refused in training mode;
///  * Slice: starts, ends, axes, steps, of equal length; Gather: axis; Softmax, Flatten: axis as
///  the operator set defaults it;
///  * Cast: ":to_type" (graph::ElementType); PRelu with one slope: LeakyRelu; Relu6-like spellings
///  stay.
/// Inputs that became attributes are dropped; an input that is no constant stays where it is, and
/// the node keeps its form. Throws Error naming the node for malformed attributes.
void canonicalize(graph::Graph& graph, graph::Node& node);

}  // namespace edgy::converter::passes
