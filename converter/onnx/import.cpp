#include "converter/onnx/import.h"

#include <fstream>
#include <limits>
#include <unordered_map>

#include "converter/about.h"
#include "converter/error.h"
#include "converter/graph/operators.h"
#include "converter/graph/supported.h"
#include "converter/onnx/tensor_proto.h"
#include "converter/text.h"
#include "onnx/onnx.pb.h"

namespace edgy::converter::onnx_import {
namespace {

using graph::Attribute;
using graph::Graph;
using graph::kNone;
using graph::Node;
using graph::Value;
using graph::ValueId;

/// One graph of the file: the model's, or the body of a node, whose names may be those of the
/// graphs around it.
class Importer {
 public:
  Importer(const onnx::ModelProto& model, std::size_t bytes)
      : model_(model), proto_(model.graph()) {
    graph_.fold_budget = graph::FoldBudget(static_cast<int64_t>(bytes));
  }
  Importer(const onnx::GraphProto& body, Importer& around)
      : model_(around.model_), proto_(body), around_(&around) {
    graph_.opset = around.graph_.opset;
  }

  Graph run() {
    check_model();
    read_graph();
    if (graph_.inputs.empty() || graph_.outputs.empty()) {
      throw Error(std::string("the graph has no ") + (graph_.inputs.empty() ? "input" : "output"));
    }
    // What of the rest is supported is checked by passes::run_all: without the values of these
    // tensors nothing more can be done.
    if (!graph_.unsupported_types.empty())
      graph::check_supported(graph_);
    return std::move(graph_);
  }

 private:
  void read_graph() {
    if (proto_.sparse_initializer_size() > 0)
      throw Error("the graph has sparse initializers; save weights as dense tensors");
    for (const onnx::TensorProto& tensor : proto_.initializer())
      add_initializer(tensor);
    for (const onnx::ValueInfoProto& input : proto_.input())
      add_input(input);
    // Outputs of nodes are declared first: the file's order of nodes need not be topological.
    for (int i = 0; i < proto_.node_size(); ++i)
      add_node(i);
    for (int i = 0; i < proto_.node_size(); ++i)
      connect_node(i);
    for (const onnx::ValueInfoProto& output : proto_.output())
      add_output(output);
    (void)graph_.order();
  }

  void check_model() {
    if (!model_.has_graph() || proto_.node_size() == 0) {
      throw Error("there is no graph in it; an ONNX model is expected");
    }
    if (model_.functions_size() > 0) {
      throw Error("the model defines functions of its own (first: " +
                  in_quotes(model_.functions(0).name()) + "); export it with functions inlined");
    }
    for (const onnx::OperatorSetIdProto& set : model_.opset_import()) {
      if (set.domain().empty() || set.domain() == "ai.onnx") {
        graph_.opset = set.version();
      }
    }
    if (graph_.opset < kMinOpset || graph_.opset > kMaxOpset) {
      throw Error("the model uses version " + std::to_string(graph_.opset) +
                  " of ONNX's operator set; versions " + std::to_string(kMinOpset) + " to " +
                  std::to_string(kMaxOpset) + " are accepted");
    }
  }

  ValueId define(Value value) {
    if (value.name.empty()) {
      throw Error("a tensor of the graph has no name");
    }
    if (by_name_.contains(value.name)) {
      throw Error("the name " + in_quotes(value.name) +
                  " is defined twice; every tensor needs a name of its own");
    }
    const std::string name = value.name;
    value.name = readable(name);
    return by_name_[name] = graph_.add_value(std::move(value));
  }

  /// Names inside the graph are for people alone: what is no UTF-8 in them is spelled out.
  static std::string readable(const std::string& name) {
    return is_utf8(name) ? name : escaped(name);
  }
  /// Names of inputs, outputs and dimensions are what programs ask for.
  static void expect_utf8(const std::string& name, const std::string& what) {
    if (!is_utf8(name))
      throw Error(what + ": its name is no UTF-8, so that no program can ask for it; rename it");
  }

  void add_initializer(const onnx::TensorProto& tensor) {
    Value value;
    value.name = tensor.name();
    if (!is_read(tensor.data_type(), "initializer " + in_quotes(tensor.name()))) {
      define(std::move(value));
      return;
    }
    graph::Tensor constant = read_tensor(tensor, "initializer " + in_quotes(tensor.name()));
    value.type = constant.type;
    value.shape.emplace();
    for (int64_t extent : constant.shape)
      value.shape->push_back(graph::fixed_dim(extent));
    value.constant = std::make_shared<const graph::Tensor>(std::move(constant));
    define(std::move(value));
  }

  /// False, and noted to be said with all else that is not supported, for types that are not read.
  bool is_read(int data_type, const std::string& what) {
    const std::string refused = unread_type(data_type);
    if (!refused.empty())
      graph_.unsupported_types[refused].push_back(what);
    return refused.empty();
  }

  /// Type and shape as declared. A missing shape stays absent, a missing extent becomes a symbol of
  /// its own.
  Value read_info(const onnx::ValueInfoProto& info, const std::string& kind) {
    const std::string what = kind + " " + in_quotes(info.name());
    expect_utf8(info.name(), what);
    // Outputs of subgraphs often declare nothing: they are what their node computes.
    if (kind == "output" && info.type().value_case() == onnx::TypeProto::VALUE_NOT_SET) {
      Value undeclared;
      undeclared.name = info.name();
      return undeclared;
    }
    if (!info.type().has_tensor_type()) {
      throw Error(what + " is no tensor; models whose inputs and outputs are tensors are accepted");
    }
    Value value;
    value.name = info.name();
    if (const int type = info.type().tensor_type().elem_type(); is_read(type, what))
      value.type = element_type(type, what);
    if (value.type == graph::ElementType::kFloat64)
      value.type = graph::ElementType::kFloat32;  // computed in float32, as all that is no constant
    if (info.type().tensor_type().has_shape()) {
      value.shape.emplace();
      for (const auto& dim : info.type().tensor_type().shape().dim()) {
        if (dim.has_dim_value()) {
          // Some exporters write 0 or -1 for "unknown".
          if (dim.dim_value() > std::numeric_limits<int32_t>::max()) {
            throw Error(what + " has the extent " + std::to_string(dim.dim_value()) +
                        "; at most 2147483647 is accepted");
          }
          value.shape->push_back(dim.dim_value() > 0 ? graph::fixed_dim(dim.dim_value())
                                                     : graph_.fresh_dim());
        } else if (dim.has_dim_param() && !dim.dim_param().empty() && dim.dim_param()[0] != '?') {
          expect_utf8(dim.dim_param(), what + ", dimension " + in_quotes(dim.dim_param()));
          value.shape->push_back({-1, dim.dim_param()});
        } else {
          value.shape->push_back(graph_.fresh_dim());
        }
      }
      if (value.shape->size() > static_cast<std::size_t>(graph::kMaxRank)) {
        throw Error(what + " has " + std::to_string(value.shape->size()) + " dimensions; at most " +
                    std::to_string(graph::kMaxRank) + " are accepted");
      }
    }
    return value;
  }

  void add_input(const onnx::ValueInfoProto& info) {
    if (const auto found = by_name_.find(info.name());
        found != by_name_.end() && graph_.is_constant(found->second)) {
      return;  // before IR version 4 initializers were listed among the inputs
    }
    Value value = read_info(info, "input");
    if (!value.shape && around_ == nullptr) {
      throw Error("input " + in_quotes(info.name()) +
                  " has no shape; declare its rank, with names for dynamic dimensions");
    }
    graph_.inputs.push_back(define(std::move(value)));
  }

  void add_output(const onnx::ValueInfoProto& info) {
    Value declared = read_info(info, "output");
    for (const Value& other : graph_.declared_outputs) {
      if (other.name == declared.name && around_ == nullptr) {
        throw Error("output " + in_quotes(declared.name) + " is listed twice");
      }
    }
    const ValueId made = find(declared.name);
    if (made == kNone) {
      throw Error("output " + in_quotes(declared.name) + " is made by no node");
    }
    graph_.outputs.push_back(made);
    graph_.declared_outputs.push_back(std::move(declared));
  }

  /// What the list of operators says of a node; null if there is no such operator in it.
  static const graph::OperatorInfo* info_of(const onnx::NodeProto& node) {
    const auto domain = graph::domain_named(node.domain());
    return domain ? graph::find_operator(*domain, node.op_type()) : nullptr;
  }

  void add_node(int index) {
    const onnx::NodeProto& proto = proto_.node(index);
    Node node;
    node.name = readable(proto.name());
    node.index = index;
    node.op = readable(proto.op_type());
    if (info_of(proto) == nullptr) {
      // A name that the list has in another domain, or for the converter's own.
      if (graph::find_operator(node.op) != nullptr)
        node.op = readable(proto.domain().empty() ? "ai.onnx" : proto.domain()) + "::" + node.op;
      else if (!proto.domain().empty())
        node.op = readable(proto.domain()) + "::" + node.op;
    } else {
      read_attributes(node, proto);
    }
    node.source = std::make_shared<graph::Source>(
        graph::Source{index, graph::describe(node), node.op, node.attributes});
    graph_.sources.push_back(node.source);
    for (const std::string& name : proto.output()) {
      if (name.empty()) {
        node.outputs.push_back(kNone);
        continue;
      }
      Value value;
      value.name = name;
      try {
        node.outputs.push_back(define(std::move(value)));
      } catch (const Error& error) {
        graph::fail_at(node, error.what());
      }
    }
    graph_.add_node(std::move(node));
  }

  static void read_attributes(Node& node, const onnx::NodeProto& proto) {
    for (const onnx::AttributeProto& attribute : proto.attribute()) {
      if (attribute.type() == onnx::AttributeProto::GRAPH)
        continue;  // by read_bodies
      if (attribute.name().starts_with(':') || attribute.name().empty())
        graph::fail_at(node, "attribute " + in_quotes(attribute.name()) + " is none of ONNX's");
      node.attributes[attribute.name()] = read_attribute(node, attribute);
    }
  }

  /// The value of that name; one of a graph around becomes a value of this one that is captured.
  ValueId find(const std::string& name) {
    if (const auto found = by_name_.find(name); found != by_name_.end())
      return found->second;
    const ValueId outside = around_ == nullptr ? kNone : around_->find(name);
    if (outside == kNone)
      return kNone;
    Value value;
    value.name = name;
    const ValueId inside = define(std::move(value));
    graph_.captured.push_back(inside);
    captures_.push_back(outside);
    return inside;
  }

  /// Bodies of a node. What they read of this graph are inputs of the node, behind its own.
  void read_bodies(int index) {
    for (const onnx::AttributeProto& attribute : proto_.node(index).attribute()) {
      if (attribute.type() != onnx::AttributeProto::GRAPH)
        continue;
      Importer body(attribute.g(), *this);
      const auto node = static_cast<std::size_t>(index);
      graph::at_node(graph_.nodes[node], [&] { body.read_graph(); });
      body.graph_.captured_from = graph_.nodes[node].inputs.size();
      for (const ValueId outside : body.captures_)
        graph_.nodes[node].inputs.push_back(outside);
      graph_.nodes[node].attributes[attribute.name()] =
          std::make_shared<const Graph>(std::move(body.graph_));
    }
  }

  void connect_node(int index) {
    Node& node = graph_.nodes[static_cast<std::size_t>(index)];
    for (const std::string& name : proto_.node(index).input()) {
      if (name.empty()) {
        node.inputs.push_back(kNone);
        continue;
      }
      const ValueId found = find(name);
      if (found == kNone) {
        graph::fail_at(node, "its input " + in_quotes(name) +
                                 " is neither an input, an initializer nor made by a node");
      }
      node.inputs.push_back(found);
    }
    // An input left out at the end is one that the node does not have.
    while (!node.inputs.empty() && node.inputs[node.inputs.size() - 1] == kNone)
      node.inputs.resize(node.inputs.size() - 1);
    // Without a trip count and a condition, Loop's values still come third.
    if (node.op == "Loop" && node.inputs.size() < 2)
      node.inputs.resize(2);
    read_bodies(index);
  }

  static Attribute read_attribute(const Node& node, const onnx::AttributeProto& proto) {
    using Proto = onnx::AttributeProto;
    const std::string what = "attribute " + in_quotes(proto.name());
    switch (proto.type()) {
      case Proto::INT:
        return proto.i();
      case Proto::FLOAT:
        return proto.f();
      case Proto::STRING:
        return proto.s();
      case Proto::INTS:
        return std::vector<int64_t>(proto.ints().begin(), proto.ints().end());
      case Proto::FLOATS:
        return std::vector<float>(proto.floats().begin(), proto.floats().end());
      case Proto::STRINGS:
        return std::vector<std::string>(proto.strings().begin(), proto.strings().end());
      case Proto::TENSOR:
        try {
          return std::make_shared<const graph::Tensor>(read_tensor(proto.t(), what));
        } catch (const Error& error) {
          graph::fail_at(node, error.what());
        }
      default:
        graph::fail_at(node, what +
                                 " is of a kind that is not read; integers, floats, strings, "
                                 "tensors and graphs are");
    }
  }

  const onnx::ModelProto& model_;
  const onnx::GraphProto& proto_;
  Importer* around_ = nullptr;  ///< of a body
  Graph graph_;
  std::unordered_map<std::string, ValueId> by_name_;
  std::vector<ValueId> captures_;  ///< values of the graph around, beside graph_.captured
};

}  // namespace

std::vector<uint8_t> read_file(const std::filesystem::path& path) {
  std::error_code code;
  if (std::filesystem::is_directory(path, code)) {
    throw Error(path.string() + ": this is a folder; a file is expected");
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    throw Error(path.string() + ": cannot be opened");
  }
  std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(stream),
                             std::istreambuf_iterator<char>()};
  if (stream.bad()) {
    throw Error(path.string() + ": reading failed");
  }
  return bytes;
}

Graph import_model(std::span<const uint8_t> bytes, const std::string& source) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw Error(source + ": models of 2 GiB and more are not accepted");
  }
  google::protobuf::SetLogHandler(nullptr);  // what is wrong is said below
  onnx::ModelProto model;
  if (!model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    throw Error(
        source +
        ": this is no ONNX model, or it is damaged or cut off (not a readable protobuf message)");
  }
  try {
    Graph graph = Importer(model, bytes.size()).run();
    graph.source_name = source;
    for (const onnx::StringStringEntryProto& entry : model.metadata_props())
      take_onnx_metadata(entry.key(), entry.value(), graph.about);
    return graph;
  } catch (const Error& error) {
    throw Error(source + ": " + error.what());
  }
}

}  // namespace edgy::converter::onnx_import
