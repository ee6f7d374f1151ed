// Computes nodes whose inputs are all constants.
#pragma once

#include <optional>
#include <vector>

#include "converter/graph/graph.h"

namespace edgy::converter::passes {

/// Arguments of one evaluation.
using Arguments = std::vector<graph::TensorPtr>;

/// The first output of a node in canonical form with its shape already inferred, or nullopt when
/// its operator is not computed here. What it costs is taken off the graph's budget before anything
/// is allocated. Throws Error naming the node when its arguments do not fit, or the budget is
/// spent.
std::optional<graph::Tensor> evaluate(graph::Graph& graph, const graph::Node& node,
                                      const Arguments& arguments);

/// The functions that operators.inc names: the first output, of shape `shape`, of a node whose
/// inputs are `arguments`; nullopt for forms of the operator that are not computed.
#define EDGY_ONNX(name, domain, since, inputs, outputs, constants, shape, fold, ...)            \
  std::optional<graph::Tensor> fold_##fold(const graph::Node& node, const Arguments& arguments, \
                                           const std::vector<int64_t>& shape);
#include "converter/graph/operators.inc"

/// Multiplications that fold_product needs for such a node; 0 for other operators.
int64_t product_steps(const graph::Node& node, const Arguments& arguments,
                      const std::vector<int64_t>& shape);

}  // namespace edgy::converter::passes
