// How many inputs and outputs operators have.
#pragma once

#include "converter/graph/graph.h"

namespace edgy::converter::graph {

/// Throws Error naming the node when it has too few or too many inputs or outputs for its operator,
/// or lacks a required one. Of operators that are not known, only that the first input and output
/// are there is checked.
void check_arity(const Node& node);

}  // namespace edgy::converter::graph
