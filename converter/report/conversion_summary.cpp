#include "converter/report/conversion_summary.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <sstream>

#include "converter/quantization/layers.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

using Options = fb::OperatorOptions;

constexpr std::size_t kColumns = 80;
/// Half of a terminal's usual 24 lines.
constexpr std::size_t kFewLayers = 12;

const fb::TensorT& tensor_of(const fb::ModelT& model, int index) {
  return *model.tensors[static_cast<std::size_t>(index)];
}

bool is_constant(const fb::ModelT& model, int index) {
  return index >= 0 && tensor_of(model, index).buffer >= 0;
}

/// The tensor of weights that an operator multiplies with, or -1.
int weights_of(const fb::ModelT& model, const fb::OperatorT& op) {
  switch (op.options.type) {
    case Options::Conv2D:
    case Options::Dense:
    case Options::Lstm:
    case Options::Gru:
      return op.inputs[1];
    case Options::MatMul:
      return is_constant(model, op.inputs[1])   ? op.inputs[1]
             : is_constant(model, op.inputs[0]) ? op.inputs[0]
                                                : -1;
    default:
      return -1;
  }
}

bool is_integer(fb::DataType type) {
  return type == fb::DataType::I8 || type == fb::DataType::I4;
}

/// What quantization did not speak of, it can not take.
FloatReason reason_of(const fb::ModelT& model, const fb::OperatorT& op, bool asked_for) {
  if (!asked_for)
    return FloatReason::kAsked;
  if (op.options.type != Options::Conv2D && op.options.type != Options::Dense)
    return FloatReason::kNoIntegerForm;
  return is_constant(model, op.inputs[1]) ? FloatReason::kShape : FloatReason::kComputedWeights;
}

FloatLayer float_layer_of(const fb::ModelT& model, const fb::OperatorT& op,
                          const std::vector<FloatLayer>& reasons, bool asked_for) {
  const std::string& output = tensor_of(model, op.outputs[0]).name;
  const auto found = std::find_if(reasons.begin(), reasons.end(),
                                  [&](const FloatLayer& layer) { return layer.output == output; });
  if (found != reasons.end())
    return *found;
  return {op.name, output, reason_of(model, op, asked_for),
          std::string(fb::EnumNameOperatorOptions(op.options.type))};
}

std::string kind_of(const fb::TensorT& tensor, bool is_weight) {
  switch (tensor.type) {
    case fb::DataType::I8:
      return "int8 weights";
    case fb::DataType::I4:
      return "int4 weights";
    case fb::DataType::I32:
      return "int32 biases";
    case fb::DataType::F32:
      return is_weight ? "float32 weights" : "float32 constants";
    case fb::DataType::F16:
      return is_weight ? "float16 weights" : "float16 constants";
    default:
      return "other constants";
  }
}

void count_bytes(const fb::ModelT& model, ConversionSummary& summary) {
  std::set<int32_t> weights;
  for (const auto& op : model.operators)
    weights.insert(weights_of(model, *op));
  std::set<int32_t> seen;
  summary.other_bytes = summary.file_bytes;
  const auto add = [&](int32_t buffer, const std::string& kind) {
    if (!seen.insert(buffer).second)
      return;
    const uint64_t bytes = model.buffers[static_cast<std::size_t>(buffer)]->data.size();
    summary.bytes[kind] += bytes;
    summary.other_bytes -= std::min(bytes, summary.other_bytes);
  };
  for (std::size_t i = 0; i < model.tensors.size(); ++i) {
    const fb::TensorT& tensor = *model.tensors[i];
    if (tensor.buffer < 0)
      continue;
    add(tensor.buffer, kind_of(tensor, weights.contains(static_cast<int32_t>(i))));
    if (tensor.sparsity)
      add(static_cast<int32_t>(tensor.sparsity->index), "places of weights");
  }
}

/// Whether an operator computes in float32, rather than moves values or counts in integers.
bool computes_floats(const fb::ModelT& model, const fb::OperatorT& op) {
  switch (op.options.type) {
    case Options::Transpose:
    case Options::Reshape:
    case Options::Concat:
    case Options::Slice:
    case Options::Pad:
    case Options::Gather:
    case Options::Quantize:
    case Options::Dequantize:
      return false;
    default:
      return tensor_of(model, op.inputs[0]).type == fb::DataType::F32;
  }
}

/// Whether an operator without weights computes or moves int8 values.
bool computes_integers(const fb::ModelT& model, const fb::OperatorT& op) {
  return op.options.type != Options::Quantize && op.options.type != Options::Dequantize &&
         tensor_of(model, op.inputs[0]).type == fb::DataType::I8;
}

/// Names are the source's: what does not print would reach the terminal.
std::string printable(const std::string& text) {
  std::string result = text;
  std::replace_if(
      result.begin(), result.end(), [](unsigned char c) { return c < ' ' || c == 127; }, '?');
  return result;
}

/// The end of a long name says more than its beginning.
std::string tail(const std::string& name, std::size_t width) {
  return name.size() <= width ? name : ".." + name.substr(name.size() - width + 2);
}

/// Words in lines, those after the first indented by `indent` columns.
void wrap(const std::string& head, const std::vector<std::string>& words, std::size_t indent,
          std::ostream& out) {
  std::string line = head;
  for (const std::string& word : words) {
    if (line.size() + 1 + word.size() > kColumns && line.size() > indent) {
      out << line << "\n";
      line = std::string(indent - 1, ' ');
    }
    line += " " + word;
  }
  out << line << "\n";
}

void print_layer(const FloatLayer& layer, std::ostream& out) {
  constexpr std::size_t kName = 40;
  std::istringstream text(printable(explain(layer)));
  std::vector<std::string> words;
  for (std::string word; text >> word;)
    words.push_back(word);
  const std::string name = layer.name.empty() ? layer.output : layer.name;
  wrap("  " + tail(printable(name), kName) + ":", words, 6, out);
}

/// A list with commas.
void print_list(const std::string& head, std::vector<std::string> entries, std::ostream& out) {
  for (std::size_t i = 0; i + 1 < entries.size(); ++i)
    entries[i] += ",";
  wrap(head, entries, 2, out);
}

std::string bytes_text(uint64_t bytes) {
  char text[32];
  if (bytes < 10'000) {
    std::snprintf(text, sizeof text, "%llu B", static_cast<unsigned long long>(bytes));
  } else {
    std::snprintf(text, sizeof text, "%.1f kB", static_cast<double>(bytes) / 1000);
  }
  return text;
}

/// As many as fit a screen, unless `all` of them.
void print_some(const std::vector<FloatLayer>& layers, bool all, std::ostream& out) {
  const std::size_t shown = all ? layers.size() : std::min(kFewLayers, layers.size());
  for (std::size_t i = 0; i < shown; ++i)
    print_layer(layers[i], out);
  if (shown < layers.size())
    out << "  and " << layers.size() - shown << " more: --verbose lists all\n";
}

void print_kinds(const std::string& head, const std::map<std::string, int>& kinds,
                 std::ostream& out) {
  if (kinds.empty())
    return;
  std::vector<std::string> words;
  for (const auto& [kind, count] : kinds)
    words.push_back(std::to_string(count) + " " + kind);
  print_list(head, words, out);
}

void print_layers(const ConversionSummary& summary, bool all, std::ostream& out) {
  const std::size_t total = summary.integer_layers.size() + summary.float_layers.size();
  out << "int8: " << summary.integer_layers.size() << " of " << total << " layers with weights\n";
  if (summary.float_layers.empty())
    return;
  out << "float32: " << summary.float_layers.size() << " of " << total << "\n";
  const bool asked =
      std::all_of(summary.float_layers.begin(), summary.float_layers.end(),
                  [](const FloatLayer& layer) { return layer.reason == FloatReason::kAsked; });
  if (asked && !all)
    return;
  print_some(summary.float_layers, all, out);
}

}  // namespace

ConversionSummary summarize(const fb::ModelT& model, uint64_t file_bytes,
                            const std::vector<FloatLayer>& reasons, bool asked_for) {
  ConversionSummary summary;
  summary.file_bytes = file_bytes;
  if (model.metadata)
    summary.source_bytes = model.metadata->source_bytes;
  for (const auto& op : model.operators) {
    const int weights = weights_of(model, *op);
    const std::string kind = fb::EnumNameOperatorOptions(op->options.type);
    if (weights < 0) {
      if (computes_floats(model, *op))
        ++summary.float_kinds[kind];
      else if (computes_integers(model, *op))
        ++summary.integer_kinds[kind];
    } else if (const fb::TensorT& tensor = tensor_of(model, weights); is_integer(tensor.type)) {
      const auto& input = tensor_of(model, op->inputs[0]).quantization;
      summary.integer_layers.push_back({op->name, kind,
                                        tensor.quantization ? tensor.quantization->bits : 8,
                                        input ? input->bits : 8});
    } else {
      summary.float_layers.push_back(float_layer_of(model, *op, reasons, asked_for));
    }
  }
  count_bytes(model, summary);
  return summary;
}

nlohmann::ordered_json to_json(const ConversionSummary& summary) {
  nlohmann::ordered_json json = {{"bytes", summary.file_bytes},
                                 {"integrity", summary.integrity},
                                 {"source_bytes", summary.source_bytes}};
  json["int8_layers"] = nlohmann::ordered_json::array();
  for (const IntegerLayer& layer : summary.integer_layers) {
    json["int8_layers"].push_back({{"name", layer.name},
                                   {"kind", layer.kind},
                                   {"weight_bits", layer.weight_bits},
                                   {"activation_bits", layer.activation_bits}});
  }
  json["float_layers"] = nlohmann::ordered_json::array();
  for (const FloatLayer& layer : summary.float_layers) {
    json["float_layers"].push_back({{"name", layer.name},
                                    {"output", layer.output},
                                    {"reason", name_of(layer.reason)},
                                    {"words", explain(layer)}});
  }
  json["float_operators"] = nlohmann::ordered_json::object();
  for (const auto& [kind, count] : summary.float_kinds)
    json["float_operators"][kind] = count;
  json["int8_operators"] = nlohmann::ordered_json::object();
  for (const auto& [kind, count] : summary.integer_kinds)
    json["int8_operators"][kind] = count;
  json["float_operators_left"] = nlohmann::ordered_json::array();
  for (const FloatLayer& op : summary.float_operators) {
    json["float_operators_left"].push_back({{"name", op.name},
                                            {"output", op.output},
                                            {"reason", name_of(op.reason)},
                                            {"words", explain(op)}});
  }
  json["bytes_by_kind"] = nlohmann::ordered_json::object();
  for (const auto& [kind, bytes] : summary.bytes)
    json["bytes_by_kind"][kind] = bytes;
  json["bytes_by_kind"]["structure and texts"] = summary.other_bytes;
  json["notes"] = summary.notes;
  return json;
}

void print(const ConversionSummary& summary, bool all, std::ostream& out) {
  print_layers(summary, all, out);
  print_kinds("int8 without weights:", summary.integer_kinds, out);
  print_kinds("float32 without weights:", summary.float_kinds, out);
  if (!summary.float_operators.empty()) {
    out << "of these could be int8: " << summary.float_operators.size() << "\n";
    print_some(summary.float_operators, all, out);
  }
  std::vector<std::string> words;
  for (const auto& [kind, bytes] : summary.bytes)
    words.push_back(kind + " " + bytes_text(bytes));
  words.push_back("structure and texts " + bytes_text(summary.other_bytes));
  print_list("bytes:", words, out);
}

}  // namespace edgy::converter
