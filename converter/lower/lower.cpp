#include "converter/lower/lower.h"

#include <algorithm>
#include <map>
#include <set>

#include "converter/error.h"
#include "converter/graph/operands.h"
#include "converter/graph/operators.h"
#include "converter/graph/supported.h"
#include "converter/lower/families.h"
#include "converter/text.h"

namespace edgy::converter::lower {
namespace {

using Function = void (*)(Context&, const Node&);

const std::map<std::string, Function>& functions() {
  static const std::map<std::string, Function> table = {
#define EDGY_ONNX(name, domain, since, inputs, outputs, constants, shape, fold, rewrite, lower, \
                  ...)                                                                          \
  {#name, lower_##lower},
#include "converter/graph/operators.inc"
  };
  return table;
}

/// "--shape x=N,3,H,W" for each input with extents that only a run knows.
std::string shape_options(const graph::Graph& graph) {
  std::string options;
  for (const graph::ValueId id : graph.inputs) {
    const graph::DimShape& shape = graph.shape(id);
    if (graph::fixed_shape(shape))
      continue;
    options += " --shape " + escaped(graph.value(id).name) + "=";
    for (std::size_t i = 0; i < shape.size(); ++i)
      options += (i == 0 ? "" : ",") +
                 (shape[i].fixed() ? std::to_string(shape[i].value) : escaped(shape[i].symbol));
  }
  return options;
}

/// The nodes that nothing here can lower, all at once, so that people need not find one after
/// another. What is not known at all was refused before (graph/supported.h): these are known, and
/// should be gone by now.
void refuse_unlowered(const graph::Graph& graph, const std::vector<int>& order) {
  std::map<std::string, std::vector<std::string>> left;
  for (int index : order) {
    const Node& node = graph.nodes[static_cast<std::size_t>(index)];
    const auto found = functions().find(node.op);
    if (found == functions().end() || found->second == lower_none) {
      left[escaped(node.op)].push_back(node.name.empty() ? "#" + std::to_string(node.index)
                                                         : in_quotes(node.name));
    }
  }
  if (left.empty()) {
    return;
  }
  std::string message = std::to_string(left.size()) +
                        (left.size() == 1 ? " operator is" : " operators are") + " not supported:";
  bool asks_for_extents = false;
  for (const auto& [op, nodes] : left) {
    message += "\n  " + op + " (";
    for (std::size_t i = 0; i < std::min<std::size_t>(nodes.size(), 5); ++i)
      message += (i == 0 ? "" : ", ") + nodes[i];
    message += nodes.size() > 5 ? ", and " + std::to_string(nodes.size() - 5) + " more)" : ")";
    const graph::OperatorInfo* info = graph::find_operator(op);
    const std::string refuses = info == nullptr ? "" : std::string(info->refuses);
    if (!refuses.empty())
      message += "; refused: " + refuses;
    for (const char* word : {"dynamic", "fixed", "extent", "a run"})
      asks_for_extents |= refuses.find(word) != std::string::npos;
  }
  const std::string options = shape_options(graph);
  if (asks_for_extents && !options.empty()) {
    message += "\nExtents that are known may be enough:" + options +
               " with numbers in place of names (multiples of 32 where an image is halved five "
               "times)";
  }
  throw Error(message);
}

}  // namespace

void lower_none(Context& /*context*/, const Node& node) {
  graph::fail_at(node, "it has no counterpart in the file");
}

namespace {

void lower_node(Context& context, const Node& node) {
  const graph::Graph& graph = context.graph();
  for (ValueId output : node.outputs) {
    if (output != graph::kNone && (!graph.consumers(output).empty() || graph.is_output(output)))
      (void)context.shape(node, output);
  }
  const bool moves = std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) {
    return input != graph::kNone && !graph.is_constant(input);
  });
  if (!moves) {
    graph::fail_at(node,
                   "it is computed from constants alone, which is not done for this operator; "
                   "export the model with constants folded");
  }
  functions().at(node.op)(context, node);
}

}  // namespace

fb::ModelT lower_graph(const graph::Graph& graph) {
  try {
    const std::vector<int> order = graph.order();
    refuse_unlowered(graph, order);
    Context context(graph);
    graph::Refusals refusals;
    std::set<ValueId> missing;  // outputs of nodes that are refused: what reads them is not asked
    for (int index : order) {
      const Node& node = graph.nodes[static_cast<std::size_t>(index)];
      const bool waits = std::any_of(node.inputs.begin(), node.inputs.end(),
                                     [&](ValueId input) { return missing.contains(input); });
      if (waits || !refusals.collect(node, [&] { lower_node(context, node); }))
        missing.insert(node.outputs.begin(), node.outputs.end());
      missing.erase(graph::kNone);
    }
    refusals.say();
    finish_model(context);
    graph::check_attributes_read(graph);
    return std::move(context.model());
  } catch (const Error& error) {
    throw Error(graph.source_name + ": " + error.what());
  }
}

}  // namespace edgy::converter::lower
