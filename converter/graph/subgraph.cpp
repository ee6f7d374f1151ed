#include "converter/graph/subgraph.h"

#include <algorithm>
#include <set>

#include "converter/graph/supported.h"
#include "converter/text.h"

namespace edgy::converter::graph {
namespace {

bool has_body(const Node& node) {
  return std::any_of(node.attributes.begin(), node.attributes.end(), [](const auto& attribute) {
    return std::holds_alternative<GraphPtr>(attribute.second);
  });
}

/// What a value depends on.
struct Causes {
  std::set<ValueId> values;   ///< inputs of the model, by what is in them
  std::set<ValueId> extents;  ///< inputs of the model, by their extents
};

/// Adds what `id` depends on, or what its extents do.
void find_causes(const Graph& graph, ValueId id, bool extents_alone, Causes& causes) {
  std::set<std::pair<ValueId, bool>> seen;
  std::vector<std::pair<ValueId, bool>> open = {{id, extents_alone}};
  while (!open.empty()) {
    const auto [value, by_extent] = open.back();
    open.pop_back();
    if (value == kNone || !seen.emplace(value, by_extent).second)
      continue;
    const int producer = graph.producer(value);
    if (producer < 0) {
      if (!graph.is_constant(value))
        (by_extent ? causes.extents : causes.values).insert(value);
      continue;
    }
    const Node& node = graph.nodes[static_cast<std::size_t>(producer)];
    const bool extents = by_extent || node.op == "Shape" || node.op == "Size";
    for (const ValueId input : node.inputs)
      open.emplace_back(input, extents);
  }
}

/// "--shape input=1,512", with what is not fixed shown as it is.
std::string shape_example(const Value& input) {
  std::string text = "--shape " + escaped(input.name) + "=";
  for (std::size_t i = 0; i < input.shape->size(); ++i) {
    const Dim& dim = (*input.shape)[i];
    text += i == 0 ? "" : ",";
    text += dim.fixed()                   ? std::to_string(dim.value)
            : dim.symbol.starts_with('?') ? "?"
                                          : escaped(dim.symbol);
  }
  return text;
}

}  // namespace

std::vector<ValueId> inline_body(Graph& graph, const Node& owner, const Graph& body,
                                 const std::vector<ValueId>& arguments) {
  if (arguments.size() != body.inputs.size()) {
    fail_at(owner, "its body has " + std::to_string(body.inputs.size()) + " inputs; " +
                       std::to_string(arguments.size()) + " are expected");
  }
  if (graph.nodes.size() + body.nodes.size() > kMaxNodes) {
    fail_at(owner, "the graph would have more than " + std::to_string(kMaxNodes) +
                       " nodes with its loops unrolled");
  }
  std::vector<ValueId> become(body.values.size(), kNone);
  for (std::size_t i = 0; i < arguments.size(); ++i)
    become[static_cast<std::size_t>(body.inputs[i])] = arguments[i];
  for (std::size_t i = 0; i < body.captured.size(); ++i)
    become[static_cast<std::size_t>(body.captured[i])] = owner.inputs[body.captured_from + i];
  for (std::size_t i = 0; i < body.values.size(); ++i) {
    if (become[i] != kNone)
      continue;
    Value value = body.values[i];
    value.name = graph.unused_name(value.name);
    become[i] = graph.add_value(std::move(value));
  }
  const auto renumbered = [&](const Operands& operands) {
    std::vector<ValueId> ids;
    for (const ValueId id : operands)
      ids.push_back(id == kNone ? kNone : become[static_cast<std::size_t>(id)]);
    return Operands(std::move(ids));
  };
  for (const Node& inner : body.nodes) {
    Node node = inner;
    node.inputs = renumbered(inner.inputs);
    node.outputs = renumbered(inner.outputs);
    node.source = std::make_shared<Source>(*inner.source);
    graph.sources.push_back(node.source);
    graph.add_node(std::move(node));
  }
  for (const auto& [type, where] : body.unsupported_types) {
    auto& known = graph.unsupported_types[type];
    known.insert(known.end(), where.begin(), where.end());
  }
  std::vector<ValueId> outputs;
  for (const ValueId id : body.outputs)
    outputs.push_back(become[static_cast<std::size_t>(id)]);
  return outputs;
}

bool has_bodies(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                     [](const Node& node) { return !node.removed && has_body(node); });
}

void refuse_undecided(const Graph& graph) {
  Causes causes;
  std::string text;
  int count = 0;
  for (const Node* node : needed_nodes(graph)) {
    if (!has_body(*node))
      continue;
    // A body may read anything; what decides comes first. Scan goes by extents.
    const bool scan = node->op == "Scan";
    const std::size_t deciding = scan ? node->inputs.size() : node->op == "Loop" ? 2 : 1;
    for (std::size_t i = 0; i < std::min(deciding, node->inputs.size()); ++i)
      find_causes(graph, node->inputs[i], scan, causes);
    ++count;
    constexpr int kShown = 5;
    if (count <= kShown)
      text += "\n  " + describe(*node);
  }
  if (count == 0)
    return;
  text = std::to_string(count) + (count == 1 ? " node depends" : " nodes depend") +
         " on what only a run knows, which has to be decided while converting:" + text;
  std::string fixes;
  for (const ValueId id : causes.values) {
    if (!is_float(graph.value(id).type))
      fixes += "\n  --constant " + escaped(graph.value(id).name) + "=VALUE";
  }
  for (const ValueId id : causes.extents) {
    const Value& input = graph.value(id);
    if (input.shape && !fixed_shape(*input.shape))
      fixes += "\n  " + shape_example(input) + ", with numbers in place of names";
  }
  if (!fixes.empty())
    text += "\nwhat may decide it:" + fixes;
  throw Error(text);
}

}  // namespace edgy::converter::graph
