// Types and shapes of what nodes make.
#pragma once

#include "converter/graph/graph.h"

namespace edgy::converter::graph {

/// Infers type, shape and, for small integer values, contents of the outputs of `node` from those
/// of its inputs. Expects the node in canonical form (passes/canonicalize.h). Leaves outputs
/// without a shape when an input has none or when the operator is not known. Throws Error naming
/// the node when its inputs contradict each other or the operator.
void infer_node(Graph& graph, Node& node);

/// Turns an axis in [-rank, rank) into one in [0, rank). Throws Error naming the node otherwise.
std::size_t normalize_axis(const Node& node, int64_t axis, std::size_t rank);

/// Shape of numpy broadcasting. Throws Error naming the node where two extents contradict.
DimShape broadcast(const Node& node, const DimShape& a, const DimShape& b);

/// Entry-wise knowledge of a value that describes a shape: of constants and of tracked contents.
std::optional<Contents> known_contents(const Graph& graph, ValueId id);

/// Declares type and shape of output `output` of `node`, if it has that output. Throws Error naming
/// the node for shapes beyond kMaxRank and kMaxElements.
void set_output(Graph& graph, const Node& node, std::size_t output, ElementType type,
                DimShape shape);

/// Position of index `index`, which may count from the end, among `extent` entries. Throws Error
/// naming the node and the range otherwise.
std::size_t normalize_index(const Node& node, int64_t index, int64_t extent);

/// Start and number of elements of a slice along an axis with `extent` elements, as ONNX defines
/// it.
struct SliceRange {
  int64_t start;
  int64_t end;  ///< exclusive; -1 when a negative step reaches the first element
  int64_t count;
};
SliceRange slice_range(int64_t start, int64_t end, int64_t step, int64_t extent);

}  // namespace edgy::converter::graph
