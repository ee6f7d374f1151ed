#include "converter/graph/graph.h"

#include <algorithm>
#include <queue>
#include <unordered_set>

#include "converter/error.h"

namespace edgy::converter::graph {

std::string to_string(const DimShape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += i == 0 ? "" : ", ";
    if (shape[i].fixed()) {
      text += std::to_string(shape[i].value);
    } else {
      text += shape[i].symbol.empty() || shape[i].symbol[0] == '?' ? "?" : shape[i].symbol;
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

ValueId Graph::add_value(Value value) {
  indexed_ = false;
  values.push_back(std::move(value));
  return static_cast<ValueId>(values.size()) - 1;
}

ValueId Graph::add_constant(const std::string& hint, Tensor tensor) {
  std::unordered_set<std::string_view> taken;
  for (const Value& value : values)
    taken.insert(value.name);
  Value value;
  value.name = hint;
  for (int suffix = 2; taken.contains(value.name); ++suffix)
    value.name = hint + "#" + std::to_string(suffix);
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
  return producers_[static_cast<std::size_t>(id)];
}

std::vector<int> Graph::consumers(ValueId id) const {
  ensure_index();
  return consumers_[static_cast<std::size_t>(id)];
}

bool Graph::is_output(ValueId id) const {
  return std::find(outputs.begin(), outputs.end(), id) != outputs.end();
}

bool Graph::has_single_use(ValueId id) const {
  ensure_index();
  if (consumers_[static_cast<std::size_t>(id)].size() != 1 || is_output(id)) {
    return false;
  }
  const Node& reader = nodes[static_cast<std::size_t>(consumers_[static_cast<std::size_t>(id)][0])];
  return std::count(reader.inputs.begin(), reader.inputs.end(), id) == 1;
}

void Graph::replace_input(int node, std::size_t input, ValueId by) {
  nodes[static_cast<std::size_t>(node)].inputs[input] = by;
  indexed_ = false;
}

void Graph::replace_all_uses(ValueId id, ValueId by) {
  for (int reader : consumers(id)) {
    std::vector<ValueId>& used = nodes[static_cast<std::size_t>(reader)].inputs;
    std::replace(used.begin(), used.end(), id, by);
  }
  std::replace(outputs.begin(), outputs.end(), id, by);
  indexed_ = false;
}

void Graph::remove_node(int node) {
  nodes[static_cast<std::size_t>(node)].removed = true;
  indexed_ = false;
}

void Graph::set_output(int node, std::size_t output, ValueId id) {
  nodes[static_cast<std::size_t>(node)].outputs[output] = id;
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
    std::vector<ValueId> distinct = nodes[n].inputs;
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

}  // namespace edgy::converter::graph
