#include <algorithm>
#include <limits>

#include "converter/passes/match.h"
#include "converter/passes/passes.h"

namespace edgy::converter::passes {

int fuse_activation(graph::Graph& graph) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  int fused = 0;
  for (int index : graph.order()) {
    const graph::Node& node = graph.nodes[static_cast<std::size_t>(index)];
    const bool clip = node.op == "Clip" && node.inputs.size() == 1;
    if (node.removed || (node.op != "Relu" && !clip) || !graph.has_single_use(node.inputs[0])) {
      continue;
    }
    const int source = graph.producer(node.inputs[0]);
    if (source < 0) {
      continue;
    }
    graph::Node& producer = graph.nodes[static_cast<std::size_t>(source)];
    if (producer.op != "Conv" && producer.op != "Linear") {
      continue;
    }
    const float low = clip ? node.get_float("min", -kInfinity) : 0.0F;
    const float high = clip ? node.get_float("max", kInfinity) : kInfinity;
    if (!(low <= high)) {
      continue;
    }
    producer.attributes[":activation_min"] =
        std::clamp(producer.get_float(":activation_min", -kInfinity), low, high);
    producer.attributes[":activation_max"] =
        std::clamp(producer.get_float(":activation_max", kInfinity), low, high);
    take_over(graph, source, node.outputs[0]);
    ++fused;
  }
  return fused;
}

}  // namespace edgy::converter::passes
