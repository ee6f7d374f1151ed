#include "converter/graph/graph.h"

#include <algorithm>
#include <cstdlib>
#include <queue>
#include <unordered_set>

#include "converter/text.h"

namespace edgy::converter::graph {

std::string to_string(const DimShape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += i == 0 ? "" : ", ";
    if (shape[i].fixed()) {
      text += std::to_string(shape[i].value);
    } else {
      text += shape[i].symbol.starts_with('?') ? "?" : escaped(shape[i].symbol);
    }
  }
  return text + "]";
}

std::optional<std::vector<int64_t>> fixed_shape(const DimShape& shape) {
  std::vector<int64_t> extents;
  for (const Dim& dim : shape) {
    if (!dim.fixed()) {
      return std::nullopt;
    }
    extents.push_back(dim.value);
  }
  return extents;
}

Affine affine_of(const Dim& dim) {
  return dim.fixed() ? Affine{0, {}, dim.value} : Affine{1, dim.symbol, 0};
}

void Operands::refuse(std::size_t i) const {
  throw Error("there is no operand " + std::to_string(i) + " of " + std::to_string(ids_.size()));
}

void Graph::refuse() {
  throw Error("a value that is left out is needed");
}

const Tensor& Graph::constant(ValueId id) const {
  const Value& found = value(id);
  if (!found.constant)
    throw Error(in_quotes(found.name) +
                " is computed while the model runs; a constant is expected");
  return *found.constant;
}

const DimShape& Graph::shape(ValueId id) const {
  const Value& found = value(id);
  if (!found.shape)
    throw Error("the shape of " + in_quotes(found.name) + " is not known");
  return *found.shape;
}

ValueId Graph::add_value(Value value) {
  indexed_ = false;
  values.push_back(std::move(value));
  return static_cast<ValueId>(values.size()) - 1;
}

std::string Graph::unused_name(const std::string& hint) {
  for (; noted_ < values.size(); ++noted_)
    names_.insert(values[noted_].name);
  if (!names_.contains(hint))
    return hint;
  int& suffix = suffixes_.try_emplace(hint, 2).first->second;
  while (names_.contains(hint + "#" + std::to_string(suffix)))
    ++suffix;
  return hint + "#" + std::to_string(suffix);
}

ValueId Graph::add_constant(const std::string& hint, Tensor tensor) {
  Value value;
  value.name = unused_name(hint);
  value.type = tensor.type;
  value.shape.emplace();
  for (int64_t extent : tensor.shape)
    value.shape->push_back(fixed_dim(extent));
  value.constant = std::make_shared<const Tensor>(std::move(tensor));
  return add_value(std::move(value));
}

Node& Graph::add_node(Node node) {
  indexed_ = false;
  nodes.push_back(std::move(node));
  return nodes.back();
}

void Graph::ensure_index() const {
  if (indexed_) {
    return;
  }
  producers_.assign(values.size(), -1);
  consumers_.assign(values.size(), {});
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    if (nodes[n].removed) {
      continue;
    }
    for (ValueId output : nodes[n].outputs) {
      if (output != kNone) {
        producers_[static_cast<std::size_t>(output)] = static_cast<int>(n);
      }
    }
    for (ValueId input : nodes[n].inputs) {
      if (input == kNone) {
        continue;
      }
      std::vector<int>& readers = consumers_[static_cast<std::size_t>(input)];
      if (readers.empty() || readers.back() != static_cast<int>(n)) {
        readers.push_back(static_cast<int>(n));
      }
    }
  }
  indexed_ = true;
}

int Graph::producer(ValueId id) const {
  if (id == kNone) {
    return -1;
  }
  ensure_index();
  return producers_[checked(id)];
}

std::vector<int> Graph::consumers(ValueId id) const {
  ensure_index();
  return consumers_[checked(id)];
}

bool Graph::is_output(ValueId id) const {
  return std::find(outputs.begin(), outputs.end(), id) != outputs.end();
}

bool Graph::has_single_use(ValueId id) const {
  ensure_index();
  const std::vector<int>& readers = consumers_[checked(id)];
  if (readers.size() != 1 || is_output(id)) {
    return false;
  }
  const Node& reader = nodes[static_cast<std::size_t>(readers[0])];
  return std::count(reader.inputs.begin(), reader.inputs.end(), id) == 1;
}

void Graph::replace_input(int node, std::size_t input, ValueId by) {
  nodes[static_cast<std::size_t>(node)].inputs.set(input, by);
  indexed_ = false;
}

void Graph::replace_all_uses(ValueId id, ValueId by) {
  for (int reader : consumers(id)) {
    nodes[static_cast<std::size_t>(reader)].inputs.replace(id, by);
  }
  std::replace(outputs.begin(), outputs.end(), id, by);
  indexed_ = false;
}

void Graph::remove_node(int node) {
  nodes[static_cast<std::size_t>(node)].removed = true;
  indexed_ = false;
}

void Graph::set_output(int node, std::size_t output, ValueId id) {
  nodes[static_cast<std::size_t>(node)].outputs.set(output, id);
  indexed_ = false;
}

std::vector<int> Graph::order() const {
  ensure_index();
  std::vector<int> missing(nodes.size(), 0);
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  std::size_t live = 0;
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    if (nodes[n].removed) {
      continue;
    }
    ++live;
    std::vector<ValueId> distinct = nodes[n].inputs.ids();
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    for (ValueId input : distinct) {
      missing[n] += input != kNone && producers_[static_cast<std::size_t>(input)] >= 0 ? 1 : 0;
    }
    if (missing[n] == 0) {
      ready.push(static_cast<int>(n));
    }
  }
  std::vector<int> result;
  while (!ready.empty()) {
    const int n = ready.top();
    ready.pop();
    result.push_back(n);
    for (ValueId output : nodes[static_cast<std::size_t>(n)].outputs) {
      if (output == kNone) {
        continue;
      }
      for (int reader : consumers_[static_cast<std::size_t>(output)]) {
        if (--missing[static_cast<std::size_t>(reader)] == 0) {
          ready.push(reader);
        }
      }
    }
  }
  if (result.size() != live) {
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      if (!nodes[n].removed && missing[n] > 0) {
        fail_at(nodes[n], "the graph has a cycle through this node; an acyclic graph is expected");
      }
    }
  }
  return result;
}

Dim Graph::fresh_dim() {
  return {-1, "?" + std::to_string(symbols_++)};
}

Dim Graph::dim_of(const Affine& expression) {
  if (expression.fixed())
    return expression.offset >= 0 ? fixed_dim(expression.offset) : fresh_dim();
  if (expression.factor == 1 && expression.offset == 0)
    return {-1, expression.symbol};
  if (std::abs(expression.factor) > kMaxElements || std::abs(expression.offset) > kMaxElements)
    return fresh_dim();
  std::string symbol = "?" + std::to_string(expression.factor) + "*" + expression.symbol + "+" +
                       std::to_string(expression.offset);
  expressions_[symbol] = expression;
  return {-1, std::move(symbol)};
}

Affine Graph::expression_of(const Dim& dim) const {
  const auto found = dim.fixed() ? expressions_.end() : expressions_.find(dim.symbol);
  return found == expressions_.end() ? affine_of(dim) : found->second;
}

}  // namespace edgy::converter::graph
