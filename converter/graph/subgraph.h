// Bodies of If, Loop and Scan, which become part of the graph around them.
#pragma once

#include <vector>

#include "converter/graph/graph.h"

namespace edgy::converter::graph {

/// Copies the nodes of `body`, a body of `owner`, into `graph`: `arguments` take the place of its
/// inputs. Returns what its outputs have become. Throws Error naming the node where the number of
/// arguments is not that of the body's inputs, or where the graph would grow past kMaxNodes.
std::vector<ValueId> inline_body(Graph& graph, const Node& owner, const Graph& body,
                                 const std::vector<ValueId>& arguments);

/// Most nodes of a graph whose loops are unrolled.
inline constexpr std::size_t kMaxNodes = std::size_t{1} << 17;

/// Throws Error when nodes with bodies are left that an output depends on: all of them, and the
/// inputs of the model on which their conditions depend, which may be fixed.
void refuse_undecided(const Graph& graph);
/// True if a live node has a body.
bool has_bodies(const Graph& graph);

}  // namespace edgy::converter::graph
