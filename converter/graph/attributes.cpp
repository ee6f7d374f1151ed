#include "converter/error.h"
#include "converter/graph/graph.h"
#include "converter/text.h"

namespace edgy::converter::graph {
namespace {

template <typename T>
const T* find(const Node& node, const std::string& key, const char* kind) {
  if (node.source)
    node.source->unread.erase(key);
  const auto found = node.attributes.find(key);
  if (found == node.attributes.end()) {
    return nullptr;
  }
  const T* value = std::get_if<T>(&found->second);
  if (value == nullptr) {
    fail_at(node, "attribute " + in_quotes(key) + " must be " + kind);
  }
  return value;
}

template <typename T>
T get(const Node& node, const std::string& key, const T& otherwise, const char* kind) {
  const T* value = find<T>(node, key, kind);
  return value == nullptr ? otherwise : *value;
}

}  // namespace

bool Node::has(const std::string& key) const {
  if (source)
    source->unread.erase(key);
  return attributes.contains(key);
}
int64_t Node::get_int(const std::string& key, int64_t otherwise) const {
  return get<int64_t>(*this, key, otherwise, "an integer");
}
float Node::get_float(const std::string& key, float otherwise) const {
  return get<float>(*this, key, otherwise, "a float");
}
std::string Node::get_string(const std::string& key, const std::string& otherwise) const {
  return get<std::string>(*this, key, otherwise, "a string");
}
std::vector<int64_t> Node::get_ints(const std::string& key,
                                    const std::vector<int64_t>& otherwise) const {
  return get<std::vector<int64_t>>(*this, key, otherwise, "a list of integers");
}
std::vector<float> Node::get_floats(const std::string& key) const {
  return get<std::vector<float>>(*this, key, {}, "a list of floats");
}
std::vector<std::string> Node::get_strings(const std::string& key) const {
  return get<std::vector<std::string>>(*this, key, {}, "a list of strings");
}
TensorPtr Node::get_tensor(const std::string& key) const {
  return get<TensorPtr>(*this, key, nullptr, "a tensor");
}

GraphPtr Node::get_graph(const std::string& key) const {
  return get<GraphPtr>(*this, key, nullptr, "a graph");
}

std::string describe(const Node& node) {
  const std::string place = "#" + std::to_string(node.index) + ", " + escaped(node.op);
  return node.name.empty() ? "node " + place : "node " + in_quotes(node.name) + " (" + place + ")";
}

void fail_at(const Node& node, const std::string& message) {
  throw Error(describe(node) + ": " + message);
}

}  // namespace edgy::converter::graph
