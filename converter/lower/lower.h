// From the source model's graph to the operators of the .edgy format, channels-last.
#pragma once

#include "converter/graph/graph.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter::lower {

/// A float model of the format with the graph's inputs and outputs: same names, shapes, dimension
/// names and types, constants as they are in the source but for the layout of weights. Expects a
/// graph after passes::run_all. Constants that lie on a grid stay float32 and have it as their
/// quantization: integer_layers.h turns them into integers. Transposes are not made where the graph
/// has them, but only where an operator needs another order of axes than its input is in. Throws
/// Error: one that lists all operators that are not supported, or one that names the node that
/// cannot be expressed.
format::fb::ModelT lower_graph(const graph::Graph& graph);

}  // namespace edgy::converter::lower
