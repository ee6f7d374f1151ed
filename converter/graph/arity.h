// How many inputs and outputs operators have.
#pragma once

#include "converter/graph/graph.h"

namespace edgy::converter::graph {

/// True if anything here knows the operator. Nodes of others are left alone until lowering refuses
/// them all at once.
bool is_known(const std::string& op);

/// Throws Error naming the node when it has too few or too many inputs or outputs for its operator,
/// or lacks a required one. Of operators that are not known nothing is checked.
void check_arity(const Node& node);

}  // namespace edgy::converter::graph
