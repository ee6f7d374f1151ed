// Operators that the file does not have, written in those that it has: exactly, or as exactly as
// float32 computes them. One function each, named by graph/operators.inc.
#pragma once

#include "converter/rewrite/builder.h"

namespace edgy::converter::rewrite {

/// Writes node `index`, in canonical form, in other operators if it has to be. False, and nothing
/// done, if it need not or what it needs is not known yet: shapes may follow. Throws Error naming
/// the node for what is refused.
bool rewrite_node(graph::Graph& graph, int index);

// The functions that operators.inc names. True: the node is gone.
#define EDGY_ONNX(name, domain, since, inputs, outputs, constants, shape, fold, rewrite, ...) \
  bool rewrite_##rewrite(Builder& builder);
#include "converter/graph/operators.inc"

}  // namespace edgy::converter::rewrite
