// Small questions that pattern rewrites ask of a graph.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "converter/graph/graph.h"

namespace edgy::converter::passes {

/// The live node that makes `id` if its operator is `op`, else null. Invalid after nodes are added.
graph::Node* producer_of(graph::Graph& graph, graph::ValueId id, std::string_view op);

/// The number in a constant of one element.
std::optional<double> scalar(const graph::Graph& graph, graph::ValueId id);
/// True for a constant of one element within 1e-3 (relative) of `expected`.
bool is_scalar(const graph::Graph& graph, graph::ValueId id, double expected);

/// Input of a two-input node that is constant, if exactly one is: its position, else -1.
int constant_operand(const graph::Graph& graph, const graph::Node& node);

/// `id` as one number per index of axis `axis` of a tensor of rank `rank` it is broadcast to;
/// nullopt if it is no constant or varies along other axes.
std::optional<std::vector<double>> per_channel(const graph::Graph& graph, graph::ValueId id,
                                               std::size_t rank, std::size_t axis,
                                               std::size_t channels);

/// True when `axes` names only the last axis of `id`.
bool reduces_last_axis(const graph::Graph& graph, const graph::Node& node);

/// A new value of the same type as `like` with that shape, for a node to produce.
graph::ValueId new_value(graph::Graph& graph, const std::string& hint, graph::ValueId like,
                         graph::DimShape shape);

/// Makes `node` (its index) the producer of `old_output` instead of the node that is now, which is
/// removed.
void take_over(graph::Graph& graph, int node, graph::ValueId old_output);

}  // namespace edgy::converter::passes
