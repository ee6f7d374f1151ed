#include "converter/graph/operators.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "converter/graph/elementwise.h"
#include "converter/graph/graph.h"

namespace edgy::converter::graph {
namespace {

// What the cells of the list are written in.
namespace cells {

constexpr auto Onnx = Domain::kOnnx;
constexpr auto Microsoft = Domain::kMicrosoft;
constexpr auto OpenVino = Domain::kOpenVino;
constexpr auto Own = Domain::kOwn;

constexpr auto Int = AttributeKind::kInt;
constexpr auto Float = AttributeKind::kFloat;
constexpr auto String = AttributeKind::kString;
constexpr auto Ints = AttributeKind::kInts;
constexpr auto Floats = AttributeKind::kFloats;
constexpr auto Strings = AttributeKind::kStrings;
constexpr auto Tensor = AttributeKind::kTensor;
constexpr auto Graph = AttributeKind::kGraph;

constexpr AttributeInfo::Cell unused = {AttributeInfo::Use::kUnused, 0};
constexpr AttributeInfo::Cell if_it_has = {AttributeInfo::Use::kIfItHas, 0};
constexpr AttributeInfo::Cell only(int64_t value) {
  return {AttributeInfo::Use::kOnly, value};
}

constexpr std::size_t any = kAny;
constexpr OperatorInfo::Inputs takes(std::size_t least, std::size_t most) {
  return {least, most, 0};
}
constexpr OperatorInfo::Inputs takes(std::size_t count) {
  return takes(count, count);
}
constexpr OperatorInfo::Inputs lacking(OperatorInfo::Inputs inputs,
                                       std::initializer_list<unsigned> absent) {
  for (const unsigned input : absent)
    inputs.may_lack |= 1U << input;
  return inputs;
}

}  // namespace cells

constexpr bool is_named(std::string_view cell) {
  return cell != "none";
}

std::vector<OperatorInfo> make_table() {
  using namespace cells;
  std::vector<OperatorInfo> table;
  std::set<std::pair<Domain, std::string_view>> seen;
  const auto add = [&](OperatorInfo info) {
    if (!seen.emplace(info.domain, info.name).second ||
        seen.contains({Domain::kOwn, info.name}) != (info.domain == Domain::kOwn))
      return;
    const UnaryDefaults defaults = unary_defaults(info.name);
    std::erase_if(info.attributes, [&](const AttributeInfo& attribute) {
      const float usual =
          attribute.name == std::string_view("alpha") ? defaults.alpha : defaults.beta;
      return attribute.cell.use == AttributeInfo::Use::kIfItHas && std::isnan(usual);
    });
    table.push_back(std::move(info));
  };
#define EDGY_ONNX(name, domain, since, inputs, outputs, constants, shape, fold, rewrite, lower, \
                  becomes, refuses, ...)                                                        \
  add({#name,                                                                                   \
       domain,                                                                                  \
       since,                                                                                   \
       inputs,                                                                                  \
       outputs,                                                                                 \
       is_named(#fold),                                                                         \
       is_named(#rewrite),                                                                      \
       is_named(#lower),                                                                        \
                                                                                                \
       refuses,                                                                                 \
       {__VA_ARGS__}});
#include "converter/graph/operators.inc"
  return table;
}

std::string expected(std::size_t least, std::size_t most) {
  return std::to_string(least) + (most == least  ? ""
                                  : most == kAny ? " or more"
                                                 : " to " + std::to_string(most));
}

}  // namespace

std::optional<Domain> domain_named(std::string_view name) {
  if (name.empty() || name == "ai.onnx")
    return Domain::kOnnx;
  if (name == "com.microsoft")
    return Domain::kMicrosoft;
  if (name == "org.openvinotoolkit")
    return Domain::kOpenVino;
  return std::nullopt;
}

const std::vector<OperatorInfo>& operators() {
  static const std::vector<OperatorInfo> table = make_table();
  return table;
}

const OperatorInfo* find_operator(std::string_view name) {
  static const std::map<std::string_view, const OperatorInfo*> by_name = [] {
    std::map<std::string_view, const OperatorInfo*> index;
    for (const OperatorInfo& info : operators())
      index.emplace(info.name, &info);
    return index;
  }();
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

const OperatorInfo* find_operator(Domain domain, std::string_view name) {
  const auto& table = operators();
  const auto found = std::find_if(table.begin(), table.end(), [&](const OperatorInfo& info) {
    return info.domain == domain && info.name == name && domain != Domain::kOwn;
  });
  return found == table.end() ? nullptr : &*found;
}

void check_arity(const Node& node) {
  const OperatorInfo* info = find_operator(node.op);
  if (info == nullptr)
    return;
  const auto [least, most, may_lack] = info->inputs;
  if (node.inputs.size() < least || node.inputs.size() > most) {
    fail_at(node, "it has " + std::to_string(node.inputs.size()) + " inputs; " +
                      expected(least, most) + " are expected");
  }
  for (std::size_t i = 0; i < (most == kAny ? node.inputs.size() : least); ++i) {
    if (node.inputs[i] == kNone && (i >= 32 || (may_lack >> i & 1U) == 0))
      fail_at(node, "its input " + std::to_string(i) + " is missing");
  }
  // A recurrent layer may be asked for its last state alone, a loop for one of its values.
  const bool may_skip_first = node.op == "LSTM" || node.op == "GRU" || node.op == "RNN" ||
                              node.op == "If" || node.op == "Loop" || node.op == "Scan";
  if (node.outputs.empty() || (node.outputs[0] == kNone && !may_skip_first) ||
      node.outputs.size() > info->outputs) {
    fail_at(
        node,
        "it has " + std::to_string(node.outputs.size()) + " outputs or an unnamed first one; " +
            (info->outputs == 1 ? "1 is expected" : expected(1, info->outputs) + " are expected"));
  }
}

}  // namespace edgy::converter::graph
