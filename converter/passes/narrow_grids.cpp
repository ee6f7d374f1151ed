#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "converter/passes/match.h"
#include "converter/passes/passes.h"

namespace edgy::converter::passes {
namespace {

/// The integer that `bound` becomes; rounding is monotone, so clipping the integers is the same as
/// clipping what they are made of.
int64_t integer_of(const graph::Node& quantize, float bound) {
  const auto zero_point = static_cast<double>(quantize.get_int("zero_point", 0));
  const double q = std::nearbyint(double{bound} / double{quantize.get_float("scale", 1)});
  return static_cast<int64_t>(std::clamp(q + zero_point, -1024.0, 1024.0));
}

}  // namespace

int narrow_grids(graph::Graph& graph) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  int narrowed = 0;
  for (const int index : graph.order()) {
    graph::Node& quantize = graph.nodes[static_cast<std::size_t>(index)];
    if (quantize.removed || quantize.op != "Quantize")
      continue;
    const graph::Node* clip = producer_of(graph, quantize.inputs[0], "Clip");
    if (clip == nullptr || clip->inputs.size() != 1)
      continue;
    const int64_t low = std::max(quantize.get_int("qmin", -128),
                                 integer_of(quantize, clip->get_float("min", -kInfinity)));
    const int64_t high = std::min(quantize.get_int("qmax", 127),
                                  integer_of(quantize, clip->get_float("max", kInfinity)));
    const int64_t zero_point = quantize.get_int("zero_point", 0);
    if (low >= high || zero_point < low || zero_point > high)
      continue;
    quantize.attributes["qmin"] = low;
    quantize.attributes["qmax"] = high;
    quantize.attributes["bits"] =
        static_cast<int64_t>(std::bit_width(static_cast<uint64_t>(high - low)));
    quantize.inputs.set(0, clip->inputs[0]);
    ++narrowed;
  }
  return narrowed;
}

}  // namespace edgy::converter::passes
