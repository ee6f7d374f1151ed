// What of a model nobody here can do, said all at once.
#pragma once

#include "converter/graph/graph.h"

namespace edgy::converter::graph {

/// Checks operators, attributes and element types of every node that an output depends on against
/// the list of operators (operators.inc). Throws one Error that names everything that is not
/// supported, each with the nodes or tensors that have it.
void check_supported(const Graph& graph);

}  // namespace edgy::converter::graph
