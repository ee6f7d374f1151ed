// The source model as a graph: values and nodes at the level of ONNX, with shapes that may have
// symbolic dimensions.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "converter/about.h"
#include "converter/error.h"
#include "converter/graph/budget.h"
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
/// A number that may depend on an extent: factor * symbol + offset. Entries of values that describe
/// shapes; they may be negative, as Reshape's -1 is.
struct Affine {
  int64_t factor = 0;
  std::string symbol;  ///< empty exactly if the factor is 0
  int64_t offset = 0;

  bool fixed() const { return factor == 0; }
  bool operator==(const Affine&) const = default;
};
using Contents = std::vector<Affine>;
Affine affine_of(const Dim& dim);

/// "[1, 80, T]"; unnamed symbols are shown as "?".
std::string to_string(const DimShape& shape);
/// The extents if all are fixed.
std::optional<std::vector<int64_t>> fixed_shape(const DimShape& shape);

class Graph;
/// The body of an If, Loop or Scan.
using GraphPtr = std::shared_ptr<const Graph>;
using Attribute = std::variant<int64_t, float, std::string, std::vector<int64_t>,
                               std::vector<float>, std::vector<std::string>, TensorPtr, GraphPtr>;

/// Index of a value in its graph; kNone stands for an absent optional input or output.
using ValueId = int;
inline constexpr ValueId kNone = -1;

struct Value {
  std::string name;  ///< well-formed UTF-8
  ElementType type = ElementType::kFloat32;
  std::optional<DimShape> shape;  ///< absent while not inferred
  TensorPtr constant;             ///< set for initializers and folded values
  /// Of a float constant that the model has as integers.
  std::shared_ptr<const Grid> grid;
  /// For small integer values that describe shapes: what is known of each entry though the value is
  /// no constant.
  std::optional<Contents> contents;
};

/// The values that a node reads or makes, in order; kNone where one is left out. There is no way to
/// read behind the end: throws Error instead.
class Operands {
 public:
  Operands() = default;
  Operands(std::vector<ValueId> ids) : ids_(std::move(ids)) {}
  Operands(std::initializer_list<ValueId> ids) : ids_(ids) {}

  std::size_t size() const { return ids_.size(); }
  bool empty() const { return ids_.empty(); }
  ValueId operator[](std::size_t i) const {
    if (i >= ids_.size())
      refuse(i);
    return ids_[i];
  }
  void set(std::size_t i, ValueId id) {
    if (i >= ids_.size())
      refuse(i);
    ids_[i] = id;
  }
  void push_back(ValueId id) { ids_.push_back(id); }
  void clear() { ids_.clear(); }
  /// New entries are left out.
  void resize(std::size_t size) { ids_.resize(size, kNone); }
  void replace(ValueId id, ValueId by) { std::replace(ids_.begin(), ids_.end(), id, by); }
  std::vector<ValueId>::const_iterator begin() const { return ids_.begin(); }
  std::vector<ValueId>::const_iterator end() const { return ids_.end(); }
  const std::vector<ValueId>& ids() const { return ids_; }

 private:
  [[noreturn]] void refuse(std::size_t i) const;
  std::vector<ValueId> ids_;
};

/// What the file says of a node, as far as nobody has asked for it yet. What is left at the end of
/// a conversion had no effect on the result (check_attributes_read).
struct Source {
  int node = 0;           ///< its index in the graph
  std::string described;  ///< describe(node)
  std::string op;
  std::map<std::string, Attribute> unread;
};

struct Node {
  std::string name;  ///< as in the file; may be empty; well-formed UTF-8
  int index = 0;     ///< position in the file, for messages
  std::string op;
  /// Of the file, or in canonical form. Names that start with ':' are the converter's own, which no
  /// file can have.
  std::map<std::string, Attribute> attributes;
  Operands inputs;
  Operands outputs;
  bool removed = false;
  /// Shared by all nodes that a node of the file is rewritten into; null: made by a pass.
  std::shared_ptr<Source> source;

  /// Input `i`, or kNone when the node has fewer inputs.
  ValueId input(std::size_t i) const { return i < inputs.size() ? inputs[i] : kNone; }

  /// Attributes by name. Throw Error naming this node when the attribute has another kind than
  /// asked for. Whatever is asked for counts as read.
  bool has(const std::string& key) const;
  int64_t get_int(const std::string& key, int64_t otherwise) const;
  float get_float(const std::string& key, float otherwise) const;
  std::string get_string(const std::string& key, const std::string& otherwise) const;
  std::vector<int64_t> get_ints(const std::string& key,
                                const std::vector<int64_t>& otherwise = {}) const;
  std::vector<float> get_floats(const std::string& key) const;
  std::vector<std::string> get_strings(const std::string& key) const;
  TensorPtr get_tensor(const std::string& key) const;
  GraphPtr get_graph(const std::string& key) const;
};

/// "node '/net/Conv' (#3, Conv)", for messages.
std::string describe(const Node& node);
/// Throws Error("<describe(node)>: <message>").
[[noreturn]] void fail_at(const Node& node, const std::string& message);

/// Calls `work`; an Error that it throws names `node`, whoever threw it.
template <typename Work>
auto at_node(const Node& node, Work work) {
  const std::string place = describe(node);
  try {
    return work();
  } catch (const Error& error) {
    const std::string message = error.what();
    throw Error(message.starts_with(place) ? message : place + ": " + message);
  }
}

/// Nodes keep their index for life; removed ones are marked. Values likewise.
class Graph {
 public:
  std::string source_name;  ///< file name, for messages and metadata
  About about;              ///< what the source says of itself
  int64_t opset = 0;
  FoldBudget fold_budget;  ///< what is left of it

  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<std::shared_ptr<Source>> sources;  ///< one for each node of the file
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  /// Element types that are not read, each with the tensors that have it (supported.h).
  std::map<std::string, std::vector<std::string>> unsupported_types;
  /// What the model declares of its outputs, in order: passes may make another value an output,
  /// these stay.
  std::vector<Value> declared_outputs;
  /// Of a body: values of the graph around it that it reads. `captured[i]` stands for input
  /// `captured_from + i` of the node whose body it is.
  std::vector<ValueId> captured;
  std::size_t captured_from = 0;

  ValueId add_value(Value value);
  /// `hint`, or the hint with a number, so that no other value has the name.
  std::string unused_name(const std::string& hint);
  /// A constant with a name derived from `hint` that no other value has.
  ValueId add_constant(const std::string& hint, Tensor tensor);
  /// Appends a node; order() finds its place.
  Node& add_node(Node node);

  /// Throws Error for a value that is left out.
  const Value& value(ValueId id) const { return values[checked(id)]; }
  Value& value(ValueId id) { return values[checked(id)]; }
  bool is_constant(ValueId id) const { return id != kNone && value(id).constant != nullptr; }
  /// Throw Error for a value that is left out, that is no constant, whose shape is not known.
  const Tensor& constant(ValueId id) const;
  const DimShape& shape(ValueId id) const;

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

  /// The extent that is `expression`: equal expressions give equal extents.
  Dim dim_of(const Affine& expression);
  /// What an extent is in terms of a symbol that the model declares, as far as dim_of made it.
  Affine expression_of(const Dim& dim) const;

 private:
  std::size_t checked(ValueId id) const {
    if (id < 0 || static_cast<std::size_t>(id) >= values.size())
      refuse();
    return static_cast<std::size_t>(id);
  }
  [[noreturn]] static void refuse();
  void ensure_index() const;
  mutable bool indexed_ = false;
  mutable std::vector<int> producers_;
  mutable std::vector<std::vector<int>> consumers_;
  int symbols_ = 0;
  std::map<std::string, Affine> expressions_;  // of symbols that dim_of made
  std::unordered_set<std::string> names_;      // of values, as far as noted_
  std::size_t noted_ = 0;
  std::unordered_map<std::string, int> suffixes_;  // by hint: the next to try
};

}  // namespace edgy::converter::graph
