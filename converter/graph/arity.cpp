#include "converter/graph/arity.h"

#include <map>

namespace edgy::converter::graph {
namespace {

struct Arity {
  std::size_t least;  ///< inputs that must be there
  std::size_t most;
  std::size_t outputs = 1;
};

constexpr std::size_t kAny = 1 << 16;

const std::map<std::string, Arity>& arities() {
  static const std::map<std::string, Arity> table = {
      {"Add", {2, 2}},         {"ArgMax", {1, 1}},
      {"ArgMin", {1, 1}},      {"BatchNormalization", {5, 5, 5}},
      {"Clip", {1, 3}},        {"Concat", {1, kAny}},
      {"Constant", {0, 0}},    {"Conv", {2, 3}},
      {"Div", {2, 2}},         {"Dropout", {1, 3, 2}},
      {"Equal", {2, 2}},       {"Expand", {2, 2}},
      {"GRU", {3, 6, 2}},      {"Gather", {2, 2}},
      {"Gemm", {2, 3}},        {"Greater", {2, 2}},
      {"LSTM", {3, 8, 3}},     {"LayerNormalization", {2, 3, 3}},
      {"Less", {2, 2}},        {"MatMul", {2, 2}},
      {"Max", {1, kAny}},      {"MaxPool", {1, 1, 2}},
      {"Mean", {1, kAny}},     {"Min", {1, kAny}},
      {"Mul", {2, 2}},         {"PRelu", {2, 2}},
      {"Pad", {1, 4}},         {"Pow", {2, 2}},
      {"Reshape", {2, 2}},     {"Slice", {1, 5}},
      {"Split", {1, 2, kAny}}, {"Squeeze", {1, 2}},
      {"Sub", {2, 2}},         {"Unsqueeze", {1, 2}},
      {"Where", {3, 3}},
  };
  return table;
}

}  // namespace

void check_arity(const Node& node) {
  const auto found = arities().find(node.op);
  const Arity arity = found != arities().end()        ? found->second
                      : node.op.starts_with("Reduce") ? Arity{1, 2}
                                                      : Arity{1, kAny, kAny};
  if (node.inputs.size() < arity.least || node.inputs.size() > arity.most) {
    fail_at(node, "it has " + std::to_string(node.inputs.size()) + " inputs; " +
                      std::to_string(arity.least) +
                      (arity.most == arity.least ? ""
                       : arity.most == kAny      ? " or more"
                                                 : " to " + std::to_string(arity.most)) +
                      " are expected");
  }
  for (std::size_t i = 0; i < (arity.most == kAny ? node.inputs.size() : arity.least); ++i) {
    if (node.inputs[i] == kNone && (found != arities().end() || i == 0)) {
      fail_at(node, "its input " + std::to_string(i) + " is missing");
    }
  }
  // A recurrent layer may be asked for its last state alone.
  const bool may_skip_first = node.op == "LSTM" || node.op == "GRU" || node.op == "RNN";
  if (node.outputs.empty() || (node.outputs[0] == kNone && !may_skip_first) ||
      node.outputs.size() > arity.outputs) {
    fail_at(node,
            "it has " + std::to_string(node.outputs.size()) + " outputs or an unnamed first one");
  }
}

}  // namespace edgy::converter::graph
