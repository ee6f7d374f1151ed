// Lowering of single nodes, one file a family. Every function expects the canonical form
// (passes/canonicalize.h) and throws Error naming the node for what the format cannot express.
#pragma once

#include "converter/lower/context.h"

namespace edgy::converter::lower {

// The functions that operators.inc names.
#define EDGY_ONNX(name, domain, since, inputs, outputs, constants, shape, fold, rewrite, lower, \
                  ...)                                                                          \
  void lower_##lower(Context& context, const Node& node);
#include "converter/graph/operators.inc"

}  // namespace edgy::converter::lower
