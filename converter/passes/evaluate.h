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

/// The parts of it: operators that move values, that compute element by element, and products
/// (Conv, Gemm, Linear, MatMul).
std::optional<graph::Tensor> evaluate_movement(const graph::Node& node, const Arguments& arguments,
                                               const std::vector<int64_t>& shape);
std::optional<graph::Tensor> evaluate_arithmetic(const graph::Node& node,
                                                 const Arguments& arguments,
                                                 const std::vector<int64_t>& shape);
std::optional<graph::Tensor> evaluate_product(const graph::Node& node, const Arguments& arguments,
                                              const std::vector<int64_t>& shape);

/// Multiplications that evaluate_product needs for such a node; 0 for other operators.
int64_t product_steps(const graph::Node& node, const Arguments& arguments,
                      const std::vector<int64_t>& shape);

}  // namespace edgy::converter::passes
