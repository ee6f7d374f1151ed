// What of a model nobody here can do, said all at once.
#pragma once

#include "converter/graph/graph.h"

namespace edgy::converter::graph {

/// Checks operators, attributes and element types of every node that an output depends on against
/// the list of operators (operators.inc). Throws one Error that names everything that is not
/// supported, each with the nodes or tensors that have it.
void check_supported(const Graph& graph);

/// Refusals of single nodes, which are said together.
class Refusals {
 public:
  /// Calls `work`; an Error that it throws is kept, with the node named. False if it threw.
  template <typename Work>
  bool collect(const Node& node, Work work) {
    try {
      at_node(node, work);
      return true;
    } catch (const Error& error) {
      add(error.what());
      return false;
    }
  }
  bool empty() const { return messages_.empty(); }
  /// Throws one Error of all that was kept, if anything was.
  void say() const;

 private:
  void add(std::string message);
  std::vector<std::string> messages_;
};

/// Live nodes that an output depends on, in order of their index.
std::vector<const Node*> needed_nodes(const Graph& graph);

}  // namespace edgy::converter::graph
