// Computes nodes whose inputs are all constants.
#pragma once

#include <optional>
#include <vector>

#include "converter/graph/graph.h"

namespace edgy::converter::passes {

/// Arguments of one evaluation; absent optional inputs are null.
using Arguments = std::vector<graph::TensorPtr>;

/// The first output of a node in canonical form with its shape already inferred, or nullopt when
/// its operator is not computed here. Throws Error naming the node when its arguments do not fit.
std::optional<graph::Tensor> evaluate(const graph::Graph& graph, const graph::Node& node,
                                      const Arguments& arguments);

/// The parts of it: operators that move values, and operators that compute.
std::optional<graph::Tensor> evaluate_movement(const graph::Node& node, const Arguments& arguments,
                                               const std::vector<int64_t>& shape);
std::optional<graph::Tensor> evaluate_arithmetic(const graph::Node& node,
                                                 const Arguments& arguments,
                                                 const std::vector<int64_t>& shape);

}  // namespace edgy::converter::passes
