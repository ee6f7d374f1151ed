#include "converter/graph/supported.h"

#include <algorithm>
#include <map>
#include <set>

#include "converter/graph/operators.h"
#include "converter/text.h"

namespace edgy::converter::graph {
namespace {

/// What is refused, and where.
using Places = std::map<std::string, std::vector<std::string>>;

std::string place_of(const Node& node) {
  return node.name.empty() ? "#" + std::to_string(node.index) : in_quotes(node.name);
}

AttributeKind kind_of(const Attribute& attribute) {
  constexpr AttributeKind kKinds[] = {AttributeKind::kInt,    AttributeKind::kFloat,
                                      AttributeKind::kString, AttributeKind::kInts,
                                      AttributeKind::kFloats, AttributeKind::kStrings,
                                      AttributeKind::kTensor, AttributeKind::kGraph};
  static_assert(std::size(kKinds) == std::variant_size_v<Attribute>);
  return kKinds[attribute.index()];
}

const char* to_string(AttributeKind kind) {
  switch (kind) {
    case AttributeKind::kInt:
      return "an integer";
    case AttributeKind::kFloat:
      return "a float";
    case AttributeKind::kString:
      return "a string";
    case AttributeKind::kInts:
      return "a list of integers";
    case AttributeKind::kFloats:
      return "a list of floats";
    case AttributeKind::kStrings:
      return "a list of strings";
    case AttributeKind::kTensor:
      return "a tensor";
    case AttributeKind::kGraph:
      return "a graph";
  }
  return "";
}

/// What is wrong with an attribute of a known operator; empty if nothing is.
std::string objection(const OperatorInfo& info, const std::string& name, const Attribute& value) {
  std::string what = std::string(info.name) + ": attribute " + in_quotes(name);
  const auto found = std::find_if(info.attributes.begin(), info.attributes.end(),
                                  [&](const AttributeInfo& entry) { return entry.name == name; });
  if (found == info.attributes.end())
    return what;
  if (kind_of(value) != found->kind)
    return what + " that is " + to_string(kind_of(value)) + "; " + to_string(found->kind) +
           " is expected";
  const int64_t* number = std::get_if<int64_t>(&value);
  if (found->cell.use == AttributeInfo::Use::kOnly && number != nullptr &&
      *number != found->cell.only) {
    return what + " = " + std::to_string(*number) + "; " + std::to_string(found->cell.only) +
           " is supported";
  }
  return "";
}

/// "2 operators are not supported:", and a line for each.
std::string listed(const std::string& what, const Places& places) {
  if (places.empty())
    return "";
  constexpr std::size_t kShown = 5;
  std::string text = std::to_string(places.size()) + " " + what +
                     (places.size() == 1 ? " is" : "s are") + " not supported:";
  for (const auto& [name, where] : places) {
    text += "\n  " + name + " (";
    for (std::size_t i = 0; i < std::min(where.size(), kShown); ++i)
      text += (i == 0 ? "" : ", ") + where[i];
    text +=
        where.size() > kShown ? ", and " + std::to_string(where.size() - kShown) + " more)" : ")";
  }
  return text + "\n";
}

}  // namespace

std::vector<const Node*> needed_nodes(const Graph& graph) {
  std::vector<bool> needed(graph.nodes.size(), false);
  std::vector<ValueId> open = graph.outputs;
  while (!open.empty()) {
    const ValueId id = open.back();
    open.pop_back();
    const int index = graph.producer(id);
    if (index < 0 || needed[static_cast<std::size_t>(index)])
      continue;
    needed[static_cast<std::size_t>(index)] = true;
    for (const ValueId input : graph.nodes[static_cast<std::size_t>(index)].inputs) {
      if (input != kNone)
        open.push_back(input);
    }
  }
  std::vector<const Node*> nodes;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (needed[i])
      nodes.push_back(&graph.nodes[i]);
  }
  return nodes;
}

void Refusals::add(std::string message) {
  // Nodes that one of the file was written in say the same.
  if (std::find(messages_.begin(), messages_.end(), message) == messages_.end())
    messages_.push_back(std::move(message));
}

void Refusals::say() const {
  if (messages_.empty())
    return;
  if (messages_.size() == 1)
    throw Error(messages_[0]);
  constexpr std::size_t kShown = 20;
  std::string text = std::to_string(messages_.size()) + " nodes are refused:";
  for (std::size_t i = 0; i < std::min(messages_.size(), kShown); ++i)
    text += "\n  " + messages_[i];
  if (messages_.size() > kShown)
    text += "\n  and " + std::to_string(messages_.size() - kShown) + " more";
  throw Error(text);
}

void check_supported(const Graph& graph) {
  Places unknown;
  Places attributes;
  for (const Node* node : needed_nodes(graph)) {
    const OperatorInfo* info = find_operator(node->op);
    if (info == nullptr) {
      unknown[escaped(node->op)].push_back(place_of(*node));
      continue;
    }
    // Nodes that a pass made have what the pass gave them.
    if (node->source == nullptr || node->source->op != node->op)
      continue;
    for (const auto& [name, value] : node->attributes) {
      if (name.starts_with(':'))
        continue;
      if (const std::string refused = objection(*info, name, value); !refused.empty())
        attributes[refused].push_back(place_of(*node));
    }
  }
  if (unknown.empty() && attributes.empty() && graph.unsupported_types.empty())
    return;
  throw Error(listed("operator", unknown) + listed("attribute", attributes) +
              listed("element type", graph.unsupported_types) +
              "`edgy operators` lists what is supported");
}

}  // namespace edgy::converter::graph
