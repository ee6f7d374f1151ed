#include <algorithm>

#include "converter/passes/passes.h"

namespace edgy::converter::passes {

int remove_dead(graph::Graph& graph) {
  int removed = 0;
  std::vector<int> order = graph.order();
  std::vector<bool> needed(graph.values.size(), false);
  for (graph::ValueId output : graph.outputs)
    needed[static_cast<std::size_t>(output)] = true;
  for (auto index = order.rbegin(); index != order.rend(); ++index) {
    graph::Node& node = graph.nodes[static_cast<std::size_t>(*index)];
    const bool used =
        std::any_of(node.outputs.begin(), node.outputs.end(), [&](graph::ValueId output) {
          return output != graph::kNone && needed[static_cast<std::size_t>(output)];
        });
    if (!used) {
      // Nothing depends on what the file says of it.
      if (node.source && node.source->node == *index)
        node.source->unread.clear();
      graph.remove_node(*index);
      ++removed;
      continue;
    }
    for (graph::ValueId input : node.inputs) {
      if (input != graph::kNone) {
        needed[static_cast<std::size_t>(input)] = true;
      }
    }
  }
  return removed;
}

}  // namespace edgy::converter::passes
