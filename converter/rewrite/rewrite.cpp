#include "converter/rewrite/rewrite.h"

namespace edgy::converter::rewrite {

bool rewrite_none(Builder& /*builder*/) {
  return false;
}

// By passes/expand_quantized.cpp, which needs to know what is on either side of a node.
bool rewrite_taken_apart(Builder& /*builder*/) {
  return false;
}

bool rewrite_node(graph::Graph& graph, int index) {
  using Function = bool (*)(Builder&);
  static const std::map<std::string, Function> table = {
#define EDGY_ONNX(name, domain, since, inputs, outputs, constants, shape, fold, rewrite, ...) \
  {#name, rewrite_##rewrite},
#include "converter/graph/operators.inc"
  };
  const auto found = table.find(graph.nodes[static_cast<std::size_t>(index)].op);
  if (found == table.end() || found->second == rewrite_none || found->second == rewrite_taken_apart)
    return false;
  Builder builder(graph, index);
  return found->second(builder);
}

}  // namespace edgy::converter::rewrite
