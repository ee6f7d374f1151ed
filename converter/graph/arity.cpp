#include "converter/graph/arity.h"

#include <cstdint>
#include <initializer_list>
#include <map>

namespace edgy::converter::graph {
namespace {

struct Arity {
  std::size_t least;  ///< inputs that must be there
  std::size_t most;
  std::size_t outputs = 1;
  uint32_t may_lack = 0;  ///< bit i: of the first `least`, input i may be left out
};

constexpr std::size_t kAny = 1 << 16;

constexpr uint32_t lacks(std::initializer_list<unsigned> inputs) {
  uint32_t mask = 0;
  for (const unsigned input : inputs)
    mask |= 1U << input;
  return mask;
}

const std::map<std::string, Arity>& arities() {
  static const std::map<std::string, Arity> table = {
      {"Abs", {1, 1}},
      {"Add", {2, 2}},
      {"And", {2, 2}},
      {"ArgMax", {1, 1}},
      {"ArgMin", {1, 1}},
      {"AveragePool", {1, 1}},
      {"BatchNormalization", {5, 5, 5}},
      {"Cast", {1, 1}},
      {"Ceil", {1, 1}},
      {"Clip", {1, 3}},
      {"Concat", {1, kAny}},
      {"Constant", {0, 0}},
      {"ConstantOfShape", {1, 1}},
      {"Conv", {2, 3}},
      {"ConvInteger", {2, 4}},
      {"Dequantize", {1, 1}},
      {"DequantizeLinear", {2, 3}},
      {"Div", {2, 2}},
      {"Dropout", {1, 3, 2}},
      {"DynamicQuantizeLinear", {1, 1, 3}},
      {"Elu", {1, 1}},
      {"Equal", {2, 2}},
      {"Erf", {1, 1}},
      {"Exp", {1, 1}},
      {"Expand", {2, 2}},
      {"FakeQuantize", {5, 5}},
      {"Flatten", {1, 1}},
      {"Floor", {1, 1}},
      {"GRU", {3, 6, 2}},
      {"Gather", {2, 2}},
      {"Gelu", {1, 1}},
      {"Gemm", {2, 3}},
      {"GlobalAveragePool", {1, 1}},
      {"GlobalMaxPool", {1, 1}},
      {"Greater", {2, 2}},
      {"GreaterOrEqual", {2, 2}},
      {"HardSigmoid", {1, 1}},
      {"HardSwish", {1, 1}},
      {"Identity", {1, 1}},
      {"LSTM", {3, 8, 3}},
      {"LayerNormalization", {2, 3, 3}},
      {"LeakyRelu", {1, 1}},
      {"Less", {2, 2}},
      {"LessOrEqual", {2, 2}},
      {"Linear", {2, 3}},
      {"Log", {1, 1}},
      {"MatMul", {2, 2}},
      {"MatMulInteger", {2, 4}},
      {"Max", {1, kAny}},
      {"MaxPool", {1, 1, 2}},
      {"Mean", {1, kAny}},
      {"Min", {1, kAny}},
      {"Mul", {2, 2}},
      {"NearestCode", {2, 3}},
      {"Neg", {1, 1}},
      {"Not", {1, 1}},
      {"Or", {2, 2}},
      {"PRelu", {2, 2}},
      {"Pad", {1, 4}},
      {"Pow", {2, 2}},
      {"QGemm", {6, 9, 1, lacks({2, 5})}},
      {"QLinearAdd", {7, 8, 1, lacks({2, 5})}},
      {"QLinearConv", {8, 9}},
      {"QLinearGlobalAveragePool", {5, 5, 1, lacks({2})}},
      {"QLinearLeakyRelu", {4, 5, 1, lacks({2})}},
      {"QLinearMatMul", {8, 8}},
      {"QLinearMul", {7, 8, 1, lacks({2, 5})}},
      {"QLinearSigmoid", {4, 5, 1, lacks({2})}},
      {"Quantize", {1, 1}},
      {"QuantizeLinear", {2, 3}},
      {"Reciprocal", {1, 1}},
      {"ReduceL1", {1, 2}},
      {"ReduceL2", {1, 2}},
      {"ReduceLogSum", {1, 2}},
      {"ReduceLogSumExp", {1, 2}},
      {"ReduceMax", {1, 2}},
      {"ReduceMean", {1, 2}},
      {"ReduceMin", {1, 2}},
      {"ReduceProd", {1, 2}},
      {"ReduceSum", {1, 2}},
      {"ReduceSumSquare", {1, 2}},
      {"Relu", {1, 1}},
      {"Reshape", {2, 2}},
      {"Round", {1, 1}},
      {"Shape", {1, 1}},
      {"Sigmoid", {1, 1}},
      {"Slice", {1, 5}},
      {"Softmax", {1, 1}},
      {"Split", {1, 2, kAny}},
      {"Sqrt", {1, 1}},
      {"Squeeze", {1, 2}},
      {"Sub", {2, 2}},
      {"Sum", {1, kAny}},
      {"Tanh", {1, 1}},
      {"Transpose", {1, 1}},
      {"Unsqueeze", {1, 2}},
      {"Where", {3, 3}},
  };
  return table;
}

}  // namespace

bool is_known(const std::string& op) {
  return arities().contains(op);
}

void check_arity(const Node& node) {
  const auto found = arities().find(node.op);
  if (found == arities().end())
    return;
  const Arity& arity = found->second;
  if (node.inputs.size() < arity.least || node.inputs.size() > arity.most) {
    fail_at(node, "it has " + std::to_string(node.inputs.size()) + " inputs; " +
                      std::to_string(arity.least) +
                      (arity.most == arity.least ? ""
                       : arity.most == kAny      ? " or more"
                                                 : " to " + std::to_string(arity.most)) +
                      " are expected");
  }
  for (std::size_t i = 0; i < (arity.most == kAny ? node.inputs.size() : arity.least); ++i) {
    if (node.inputs[i] == kNone && (i >= 32 || (arity.may_lack >> i & 1U) == 0))
      fail_at(node, "its input " + std::to_string(i) + " is missing");
  }
  // A recurrent layer may be asked for its last state alone.
  const bool may_skip_first = node.op == "LSTM" || node.op == "GRU";
  if (node.outputs.empty() || (node.outputs[0] == kNone && !may_skip_first) ||
      node.outputs.size() > arity.outputs) {
    fail_at(
        node,
        "it has " + std::to_string(node.outputs.size()) + " outputs or an unnamed first one; " +
            (arity.outputs == 1      ? "1 is expected"
             : arity.outputs == kAny ? "1 or more are expected"
                                     : "1 to " + std::to_string(arity.outputs) + " are expected"));
  }
}

}  // namespace edgy::converter::graph
