// The source model as a graph: values and nodes at the level of ONNX, with shapes that may have
// symbolic dimensions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "converter/graph/grid.h"
#include "converter/graph/tensor.h"

namespace edgy::converter::graph {

/// One extent of a shape: a number, or a symbol. Equal symbols are equal numbers in one run.
/// Symbols that the model declares are its names ("T"); others start with '?'.
struct Dim {
  int64_t value = -1;  ///< -1: symbolic
  std::string symbol;

  bool fixed() const { return value >= 0; }
  bool operator==(const Dim&) const = default;
};
using DimShape = std::vector<Dim>;

inline Dim fixed_dim(int64_t value) {
  return {value, {}};
}
/// "[1, 80, T]"; unnamed symbols are shown as "?".
std::string to_string(const DimShape& shape);
/// The extents if all are fixed.
std::optional<std::vector<int64_t>> fixed_shape(const DimShape& shape);

using Attribute = std::variant<int64_t, float, std::string, std::vector<int64_t>,
                               std::vector<float>, std::vector<std::string>, TensorPtr>;

/// Index of a value in its graph; kNone stands for an absent optional input or output.
using ValueId = int;
inline constexpr ValueId kNone = -1;

struct Value {
  std::string name;
  ElementType type = ElementType::kFloat32;
  std::optional<DimShape> shape;  ///< absent while not inferred
  TensorPtr constant;             ///< set for initializers and folded values
  /// Of a float constant that the model has as integers.
  std::shared_ptr<const Grid> grid;
  /// For small integer values that describe shapes: what is known of each entry though the value is
  /// no constant.
  std::optional<DimShape> contents;
};

struct Node {
  std::string name;  ///< as in the file; may be empty
  int index = 0;     ///< position in the file, for messages
  std::string op;
  std::map<std::string, Attribute> attributes;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  bool removed = false;

  /// Input `i`, or kNone when the node has fewer inputs.
  ValueId input(std::size_t i) const { return i < inputs.size() ? inputs[i] : kNone; }

  /// Attributes by name. Throw Error naming this node when the attribute has another kind than
  /// asked for.
  bool has(const std::string& key) const { return attributes.contains(key); }
  int64_t get_int(const std::string& key, int64_t otherwise) const;
  float get_float(const std::string& key, float otherwise) const;
  std::string get_string(const std::string& key, const std::string& otherwise) const;
  std::vector<int64_t> get_ints(const std::string& key,
                                const std::vector<int64_t>& otherwise = {}) const;
  std::vector<float> get_floats(const std::string& key) const;
  TensorPtr get_tensor(const std::string& key) const;
};

/// "node '/net/Conv' (#3, Conv)", for messages.
std::string describe(const Node& node);
/// Throws Error("<describe(node)>: <message>").
[[noreturn]] void fail_at(const Node& node, const std::string& message);

/// Nodes keep their index for life; removed ones are marked. Values likewise.
class Graph {
 public:
  std::string source_name;  ///< file name, for messages and metadata
  int64_t opset = 0;

  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  /// What the model declares of its outputs, in order: passes may make another value an output,
  /// these stay.
  std::vector<Value> declared_outputs;

  ValueId add_value(Value value);
  /// A constant with a name derived from `hint` that no other value has.
  ValueId add_constant(const std::string& hint, Tensor tensor);
  /// Appends a node; order() finds its place.
  Node& add_node(Node node);

  const Value& value(ValueId id) const { return values[static_cast<std::size_t>(id)]; }
  Value& value(ValueId id) { return values[static_cast<std::size_t>(id)]; }
  bool is_constant(ValueId id) const { return id != kNone && value(id).constant != nullptr; }

  /// Index of the live node that makes `id`, or -1.
  int producer(ValueId id) const;
  /// Indices of live nodes that read `id`, each once, in ascending order.
  std::vector<int> consumers(ValueId id) const;
  bool is_output(ValueId id) const;
  /// True when exactly one node reads `id`, and `id` is no output of the model.
  bool has_single_use(ValueId id) const;

  void replace_input(int node, std::size_t input, ValueId by);
  void replace_all_uses(ValueId id, ValueId by);
  void remove_node(int node);
  /// Makes node `node` produce `id` as its output `output` (whoever made `id` before must be
  /// removed).
  void set_output(int node, std::size_t output, ValueId id);

  /// Live nodes so that producers come before consumers, otherwise in order of their index. Throws
  /// Error on a cycle.
  std::vector<int> order() const;
  /// A symbol that no other dimension has.
  Dim fresh_dim();

 private:
  void ensure_index() const;
  mutable bool indexed_ = false;
  mutable std::vector<int> producers_;
  mutable std::vector<std::vector<int>> consumers_;
  int symbols_ = 0;
};

}  // namespace edgy::converter::graph
