// Writes a node of the graph in other operators.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "converter/graph/graph.h"

namespace edgy::converter::rewrite {

using graph::DimShape;
using graph::kNone;
using graph::Node;
using graph::ValueId;
using Attributes = std::map<std::string, graph::Attribute>;

/// Makes the nodes that take the place of one. They are in canonical form (passes/canonicalize.h),
/// have the name of the node they come from, and types and shapes as soon as they are added.
class Builder {
 public:
  Builder(graph::Graph& graph, int index);

  /// The node as it was.
  const Node& node() const { return node_; }
  graph::Graph& graph() { return graph_; }
  /// Input `i`, or kNone.
  ValueId input(std::size_t i) const { return node_.input(i); }

  /// True if input `i` is there and its shape is known.
  bool has_shape(std::size_t i) const;
  const DimShape& shape(ValueId id) const { return graph_.shape(id); }
  std::size_t rank(ValueId id) const { return shape(id).size(); }
  graph::ElementType type(ValueId id) const { return graph_.value(id).type; }
  bool is_float(ValueId id) const { return type(id) == graph::ElementType::kFloat32; }
  /// True if anything reads output `i`.
  bool is_read(std::size_t i) const;
  /// Throws Error naming the node unless input `i` is float32.
  void expect_float(std::size_t i) const;
  /// The values of constant input `i`; nullptr if it is absent or no constant.
  graph::TensorPtr constant(std::size_t i) const;

  ValueId number(float value);
  ValueId floats(const std::vector<int64_t>& shape, const std::vector<float>& values);
  ValueId ints(const std::vector<int64_t>& values);

  ValueId add(const std::string& op, std::vector<ValueId> inputs, Attributes attributes = {});
  /// Several outputs.
  std::vector<ValueId> add_all(const std::string& op, std::vector<ValueId> inputs,
                               Attributes attributes, std::size_t outputs);

  // What is written often.
  ValueId clip(ValueId x, float low, float high);
  ValueId cast(ValueId x, graph::ElementType to);

  // The file computes in float32: a bool is 0 or 1 there, an integer a float that holds it exactly.
  /// A value of any type as float32: exactly, or an error in a run.
  ValueId exact_float(ValueId id);
  /// A float that is known to hold a value of type `to` exactly, as one.
  ValueId exactly(ValueId x, graph::ElementType to);
  /// A float as a value of type `to`: what a float may have rounded is an error in a run.
  ValueId checked(ValueId x, graph::ElementType to);
  /// What `id` was made from by exactly(); kNone if it was made otherwise.
  ValueId float_behind(ValueId id) const;

  /// By axes as they are now; ONNX's 0 and -1 are understood.
  ValueId reshape(ValueId x, const std::vector<int64_t>& shape);
  ValueId transpose(ValueId x, const std::vector<int64_t>& perm);
  ValueId reduce(const std::string& op, ValueId x, std::vector<int64_t> axes, bool keep = true);
  /// [start, end) of an axis, as ONNX's Slice understands them.
  ValueId slice(ValueId x, int64_t axis, int64_t start, int64_t end, int64_t step = 1);

  /// Makes `value` the output `output` of the node, which is gone. Returns true.
  bool finish(ValueId value, std::size_t output = 0);

 private:
  ValueId marked_cast(ValueId x, graph::ElementType to, const char* mark);
  graph::Graph& graph_;
  const Node node_;
  const int index_;
};

}  // namespace edgy::converter::rewrite
