#include "converter/lower/lower.h"

#include <algorithm>
#include <map>

#include "converter/error.h"
#include "converter/graph/operands.h"
#include "converter/lower/families.h"
#include "converter/text.h"

namespace edgy::converter::lower {
namespace {

using Function = void (*)(Context&, const Node&);

const std::map<std::string, Function>& functions() {
  static const std::map<std::string, Function> table = {
      {"Clip", lower_clip},  // bounds may be inputs; the first entry of a name counts
#define EDGY_UNARY(name, ...) {#name, lower_unary},
#include "kernels/float/unary.inc"
#define EDGY_BINARY(name, ...) {#name, lower_binary},
#include "kernels/float/binary.inc"
      {"ArgMax", lower_arg_reduce},
      {"ArgMin", lower_arg_reduce},
      {"AveragePool", lower_pool},
      {"BatchNormalization", lower_batch_norm},
      {"Cast", lower_cast},
      {"Concat", lower_concat},
      {"Conv", lower_conv},
      {"Dequantize", lower_dequantize},
      {"Flatten", lower_reshape},
      {"GRU", lower_gru},
      {"Gather", lower_gather},
      {"Gemm", lower_linear},
      {"GlobalAveragePool", lower_global_pool},
      {"GlobalMaxPool", lower_global_pool},
      {"LSTM", lower_lstm},
      {"LayerNormalization", lower_layer_norm},
      {"Linear", lower_linear},
      {"MatMul", lower_matmul},
      {"Mean", lower_binary},
      {"MaxPool", lower_pool},
      {"NearestCode", lower_nearest_code},
      {"Pad", lower_pad},
      {"Quantize", lower_quantize},
      {"ReduceMax", lower_reduce},
      {"ReduceMean", lower_reduce},
      {"ReduceMin", lower_reduce},
      {"ReduceSum", lower_reduce},
      {"Reshape", lower_reshape},
      {"Slice", lower_slice},
      {"Softmax", lower_softmax},
      {"Split", lower_split},
      {"Squeeze", lower_squeeze},
      {"Sum", lower_binary},
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
      unknown[escaped(node.op)].push_back(node.name.empty() ? "#" + std::to_string(node.index)
                                                            : in_quotes(node.name));
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
  if (unknown.contains("Shape")) {
    message +=
        "\nShape is needed where an extent is computed from several dynamic ones: fix one of them "
        "when exporting the model";
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

namespace {

void lower_node(Context& context, const Node& node) {
  const graph::Graph& graph = context.graph();
  for (ValueId output : node.outputs) {
    if (output != graph::kNone && (!graph.consumers(output).empty() || graph.is_output(output)))
      (void)context.shape(node, output);
  }
  const bool moves = std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) {
    return input != graph::kNone && !graph.is_constant(input);
  });
  if (!moves) {
    graph::fail_at(node,
                   "it is computed from constants alone, which is not done for this operator; "
                   "export the model with constants folded");
  }
  functions().at(node.op)(context, node);
}

}  // namespace

fb::ModelT lower_graph(const graph::Graph& graph) {
  try {
    const std::vector<int> order = graph.order();
    refuse_unknown(graph, order);
    Context context(graph);
    for (int index : order) {
      const Node& node = graph.nodes[static_cast<std::size_t>(index)];
      graph::at_node(node, [&] { lower_node(context, node); });
    }
    finish_model(context);
    graph::check_attributes_read(graph);
    return std::move(context.model());
  } catch (const Error& error) {
    throw Error(graph.source_name + ": " + error.what());
  }
}

}  // namespace edgy::converter::lower
