// A model of the format under construction, and how it holds the values of the source graph.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "converter/graph/graph.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter::lower {

namespace fb = format::fb;
using graph::DimShape;
using graph::Node;
using graph::ValueId;

/// An order of axes: axis i of a tensor is axis order[i] of the source value.
using Order = std::vector<int>;

Order identity_order(std::size_t rank);
/// N, spatial axes, C: the order in which the format keeps [N, C, spatial...].
Order channels_last(std::size_t rank);
bool is_identity(const Order& order);
/// Position of source axis `axis`.
std::size_t position_of(const Order& order, std::size_t axis);
DimShape permuted(const DimShape& shape, const Order& order);

/// Where a value is: a tensor of the model, and in which order of axes.
struct Placed {
  int tensor = -1;
  Order order;
};

class Context {
 public:
  explicit Context(const graph::Graph& graph);

  const graph::Graph& graph() const { return graph_; }
  /// Shape of a source value. Throws Error naming `node` if it could not be inferred.
  const DimShape& shape(const Node& node, ValueId id) const;
  std::size_t rank(const Node& node, ValueId id) const { return shape(node, id).size(); }
  /// Throws Error naming the node unless the value is float32.
  void expect_float(const Node& node, ValueId id) const;

  /// Where `id` is, as cheaply as possible. Constants are added to the model when first asked for.
  Placed get(const Node& node, ValueId id);
  /// The tensor of `id` in the given order; adds a Reshape or Transpose if it is kept in another.
  int in_order(const Node& node, ValueId id, const Order& order);
  int plain(const Node& node, ValueId id) {
    return in_order(node, id, identity_order(rank(node, id)));
  }
  /// Declares that `node`'s output `output` is the new activation that is returned, kept in
  /// `order`.
  int define(const Node& node, std::size_t output, const Order& order);
  /// Declares that `node`'s output `output` is an existing tensor.
  void place(const Node& node, std::size_t output, Placed placed);

  int add_constant(const std::string& name, const graph::Tensor& tensor);
  /// Notes the grid of a constant, whose axis is axis `axis` of the tensor.
  void set_grid(int tensor, const graph::Grid& grid, int axis);
  int add_activation(const std::string& name, graph::ElementType type, const DimShape& shape);
  /// A new activation with the values of `tensor` and another shape; the tensor itself, or one it
  /// was made from, if that has the shape already. Throws Error naming the node when two dynamic
  /// extents move.
  int reshape(const Node& node, int tensor, const DimShape& shape, const std::string& name);
  /// Shape of a tensor of the model.
  const DimShape& tensor_shape(int tensor) const {
    return shapes_[static_cast<std::size_t>(tensor)];
  }

  template <typename Options>
  void add_operator(const Node& node, Options options, std::vector<int> inputs,
                    std::vector<int> outputs) {
    auto op = std::make_unique<fb::OperatorT>();
    op->name = node.name.empty() ? node.op + "_" + std::to_string(node.index) : node.name;
    op->options.Set(std::move(options));
    op->inputs = std::move(inputs);
    op->outputs = std::move(outputs);
    model_.operators.push_back(std::move(op));
  }

  fb::ModelT& model() { return model_; }

 private:
  int transpose(const Node& node, int tensor, const Order& perm, const std::string& name);

  const graph::Graph& graph_;
  fb::ModelT model_;
  std::vector<DimShape> shapes_;    // of tensors
  std::vector<int> reshaped_from_;  // of tensors made by Reshape; -1 for others
  std::map<ValueId, Placed> placed_;
  std::map<std::pair<ValueId, Order>, int>
      reordered_;  // of values that were needed in a second order
};

/// The type's counterpart in the format. Throws Error for float64, which the format does not have.
fb::DataType data_type(graph::ElementType type);

/// Removes operators and tensors that nothing reads, gives outputs their declared names and numbers
/// tensors in order of use.
void finish_model(Context& context);

}  // namespace edgy::converter::lower
