#include "converter/lower/lower.h"

#include <map>

#include "converter/error.h"
#include "converter/lower/families.h"

namespace edgy::converter::lower {
namespace {

using Function = void (*)(Context&, const Node&);

const std::map<std::string, Function>& functions() {
  static const std::map<std::string, Function> table = {
      {"Abs", lower_unary},
      {"Add", lower_binary},
      {"ArgMax", lower_arg_reduce},
      {"ArgMin", lower_arg_reduce},
      {"AveragePool", lower_pool},
      {"BatchNormalization", lower_batch_norm},
      {"Cast", lower_cast},
      {"Ceil", lower_unary},
      {"Clip", lower_clip},
      {"Concat", lower_concat},
      {"Conv", lower_conv},
      {"Dequantize", lower_dequantize},
      {"Div", lower_binary},
      {"Elu", lower_unary},
      {"Erf", lower_unary},
      {"Exp", lower_unary},
      {"Flatten", lower_reshape},
      {"Floor", lower_unary},
      {"GRU", lower_gru},
      {"Gather", lower_gather},
      {"Gelu", lower_unary},
      {"Gemm", lower_linear},
      {"GlobalAveragePool", lower_global_pool},
      {"GlobalMaxPool", lower_global_pool},
      {"HardSigmoid", lower_unary},
      {"HardSwish", lower_unary},
      {"LSTM", lower_lstm},
      {"LayerNormalization", lower_layer_norm},
      {"LeakyRelu", lower_unary},
      {"Linear", lower_linear},
      {"Log", lower_unary},
      {"MatMul", lower_matmul},
      {"Max", lower_binary},
      {"MaxPool", lower_pool},
      {"Min", lower_binary},
      {"Mul", lower_binary},
      {"NearestCode", lower_nearest_code},
      {"Neg", lower_unary},
      {"Pad", lower_pad},
      {"Pow", lower_binary},
      {"Reciprocal", lower_unary},
      {"Quantize", lower_quantize},
      {"ReduceMax", lower_reduce},
      {"ReduceMean", lower_reduce},
      {"ReduceMin", lower_reduce},
      {"ReduceSum", lower_reduce},
      {"Relu", lower_unary},
      {"Reshape", lower_reshape},
      {"Round", lower_unary},
      {"Sigmoid", lower_unary},
      {"Slice", lower_slice},
      {"Softmax", lower_softmax},
      {"Split", lower_split},
      {"Sqrt", lower_unary},
      {"Squeeze", lower_squeeze},
      {"Sub", lower_binary},
      {"Tanh", lower_unary},
      {"Transpose", lower_transpose},
      {"Unsqueeze", lower_squeeze},
  };
  return table;
}

/// Says all that is missing at once, so that people need not find one after another.
void refuse_unknown(const graph::Graph& graph, const std::vector<int>& order) {
  std::map<std::string, std::vector<std::string>> unknown;
  for (int index : order) {
    const Node& node = graph.nodes[static_cast<std::size_t>(index)];
    if (!functions().contains(node.op)) {
      unknown[node.op].push_back(node.name.empty() ? "#" + std::to_string(node.index)
                                                   : "'" + node.name + "'");
    }
  }
  if (unknown.empty()) {
    return;
  }
  std::string message = std::to_string(unknown.size()) +
                        (unknown.size() == 1 ? " operator is" : " operators are") +
                        " not supported:";
  for (const auto& [op, nodes] : unknown) {
    message += "\n  " + op + " (";
    for (std::size_t i = 0; i < std::min<std::size_t>(nodes.size(), 5); ++i)
      message += (i == 0 ? "" : ", ") + nodes[i];
    message += nodes.size() > 5 ? ", and " + std::to_string(nodes.size() - 5) + " more)" : ")";
  }
  message += "\nSupported are ";
  bool first = true;
  for (const auto& [op, function] : functions()) {
    if (op != "Linear" && op != "NearestCode" && op != "Quantize" && op != "Dequantize") {
      message += (first ? "" : ", ") + op;
      first = false;
    }
  }
  throw Error(message);
}

}  // namespace

fb::ModelT lower_graph(const graph::Graph& graph) {
  try {
    const std::vector<int> order = graph.order();
    refuse_unknown(graph, order);
    Context context(graph);
    for (int index : order) {
      const Node& node = graph.nodes[static_cast<std::size_t>(index)];
      for (ValueId output : node.outputs) {
        if (output != graph::kNone &&
            (!graph.consumers(output).empty() || graph.is_output(output))) {
          (void)context.shape(node, output);
        }
      }
      functions().at(node.op)(context, node);
    }
    finish_model(context);
    return std::move(context.model());
  } catch (const Error& error) {
    throw Error(graph.source_name + ": " + error.what());
  }
}

}  // namespace edgy::converter::lower
