#include "converter/report/inspect.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <utility>

#include "converter/about.h"
#include "converter/columns.h"
#include "converter/export/output_events.h"
#include "converter/export/price.h"
#include "converter/export/privacy.h"
#include "converter/text.h"
#include "converter/tokenizer/text_model.h"
#include "wasm/format/operands.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

uint64_t stored_bytes(const fb::ModelT& model, const fb::TensorT& tensor) {
  if (tensor.buffer < 0)
    return 0;
  uint64_t bytes = model.buffers[static_cast<std::size_t>(tensor.buffer)]->data.size();
  if (tensor.sparsity)
    bytes += model.buffers[tensor.sparsity->index]->data.size();
  return bytes;
}

/// Of a sparse tensor, the share of weights in stored blocks: what is computed with.
double density_of(const fb::ModelT& model, const fb::TensorT& tensor) {
  const auto& data = model.buffers[static_cast<std::size_t>(tensor.buffer)]->data;
  uint64_t elements = 1;
  for (const int32_t extent : tensor.shape)
    elements *= static_cast<uint64_t>(extent);
  uint64_t set = 0;
  if (tensor.encoding != fb::Encoding::Dense) {
    // Blocks at the borders hold padding.
    const uint64_t block = uint64_t{tensor.sparsity->block_rows} * tensor.sparsity->block_cols;
    set = std::min<uint64_t>(tensor.sparsity->blocks * block, elements);
  } else if (tensor.type == fb::DataType::F32) {
    for (std::size_t i = 0; i + 4 <= data.size(); i += 4)
      set += data[i] || data[i + 1] || data[i + 2] || (data[i + 3] & 127);
  } else if (tensor.type == fb::DataType::F16) {
    for (std::size_t i = 0; i + 2 <= data.size(); i += 2)
      set += data[i] || (data[i + 1] & 127);
  } else if (tensor.type == fb::DataType::I4) {
    for (const uint8_t pair : data)
      set += ((pair & 15) != 0) + ((pair >> 4) != 0);
  } else {
    set = static_cast<uint64_t>(
        std::count_if(data.begin(), data.end(), [](uint8_t byte) { return byte != 0; }));
  }
  return elements ? static_cast<double>(set) / static_cast<double>(elements) : 0;
}

int bits_of(const fb::TensorT& tensor) {
  if (tensor.quantization)
    return tensor.quantization->bits;
  switch (tensor.type) {
    case fb::DataType::F32:
      return 32;
    case fb::DataType::F16:
      return 16;
    case fb::DataType::I8:
      return 8;
    default:
      return 64;
  }
}

std::string short_count(uint64_t count) {
  char text[32];
  if (count >= 10'000'000) {
    std::snprintf(text, sizeof text, "%.1f M", static_cast<double>(count) / 1e6);
  } else if (count >= 10'000) {
    std::snprintf(text, sizeof text, "%.1f k", static_cast<double>(count) / 1e3);
  } else {
    std::snprintf(text, sizeof text, "%llu", static_cast<unsigned long long>(count));
  }
  return text;
}

/// The JSON of a model's metadata; discarded if it is none (an absent text is empty). What is
/// nested too deep to be written again becomes a sentence that says so.
nlohmann::ordered_json parse_metadata(const std::string& text) {
  constexpr int kMostDepth = 64;
  using Json = nlohmann::ordered_json;
  bool too_deep = false;
  Json parsed = Json::parse(
      text,
      [&](int depth, Json::parse_event_t /*event*/, Json& /*value*/) {
        too_deep = too_deep || depth > kMostDepth;
        return !too_deep;
      },
      false);
  return too_deep ? Json("left out: nested deeper than " + std::to_string(kMostDepth) + " levels")
                  : parsed;
}

std::string shape_text(const std::vector<int32_t>& shape) {
  std::string text;
  for (const int32_t extent : shape)
    text += (text.empty() ? "" : "x") + (extent < 0 ? "?" : std::to_string(extent));
  return text;
}

/// What each output is and carries.
void print_prices(const fb::ModelT& model, std::ostream& out) {
  for (std::size_t i = 0; i < model.outputs.size(); ++i) {
    const std::string& name = model.tensors[static_cast<std::size_t>(model.outputs[i])]->name;
    const fb::OutputPolicyT* policy = policy_of(model, name);
    const std::string events = policy == nullptr ? "" : describe(*policy);
    const double bits = bits_per_second(model, i);
    if (events.empty() && std::isinf(bits))
      continue;
    out << "  " << name << ": " << events << (events.empty() || std::isinf(bits) ? "" : ", ");
    if (!std::isinf(bits))
      out << "at most " << std::llround(std::ceil(bits)) << " bits for a second of sound";
    out << "\n";
  }
}

}  // namespace

ModelInfo inspect(const fb::ModelT& model, const PlanRequest& request) {
  ModelInfo info;
  info.file_bytes = request.file_bytes;
  PlannedRunner planned = planned_runner(model, request);
  Runner& runner = planned.runner;
  info.extent = planned.extent;
  std::vector<uint64_t> macs(model.operators.size());
  for (const runtime::StepProfile& step : runner.session().profile()) {
    if (step.op >= 0)
      macs[static_cast<std::size_t>(step.op)] = step.macs;
  }
  std::map<uint32_t, double> densities;  // operators may share weights
  for (std::size_t i = 0; i < model.operators.size(); ++i) {
    const fb::OperatorT& op = *model.operators[i];
    const fb::TensorT& output = *model.tensors[format::first_operand(op.outputs).index()];
    OperatorInfo row;
    row.name = op.name;
    row.kind = fb::EnumNameOperatorOptions(op.options.type);
    row.output = output.shape;
    row.type = fb::EnumNameDataType(output.type);
    row.macs = macs[i];
    if (const auto first = format::operand(op.inputs, 0); first) {
      if (const auto& quantization = model.tensors[first.index()]->quantization)
        row.activation_bits = quantization->bits;
    }
    for (std::size_t input = 0; input < op.inputs.size(); ++input) {
      if (const auto tensor = format::operand(op.inputs, input); tensor)
        row.bytes += stored_bytes(model, *model.tensors[tensor.index()]);
    }
    const format::OperandIndex second = format::operand(op.inputs, 1);
    if (second && model.tensors[second.index()]->buffer >= 0) {
      const fb::TensorT& weights = *model.tensors[second.index()];
      row.weight_bits = bits_of(weights);
      const auto [density, is_new] = densities.try_emplace(second.index(), 0);
      if (is_new)
        density->second = density_of(model, weights);
      row.density = density->second;
    }
    info.macs += row.macs;
    info.operators.push_back(std::move(row));
  }
  return info;
}

nlohmann::ordered_json to_json(const ModelInfo& info, const fb::ModelT& model) {
  nlohmann::ordered_json json = {{"bytes", info.file_bytes},
                                 {"integrity", info.integrity},
                                 {"macs", info.macs},
                                 {"dynamic_extent", info.extent}};
  if (model.metadata) {
    json["producer"] = model.metadata->producer;
    json["source"] = {{"name", model.metadata->source_name},
                      {"bytes", model.metadata->source_bytes},
                      {"sha256", model.metadata->source_sha256}};
    const auto add = [&json](const char* key, const std::string& text) {
      if (auto parsed = parse_metadata(text); !parsed.is_discarded())
        json[key] = std::move(parsed);
    };
    for_each_about(*model.metadata,
                   [&json](const char* name, const char*, const std::string& text) {
                     if (!text.empty())
                       json["about"][name] = text;
                   });
    add("config", model.metadata->config);
    add("calibration", model.metadata->calibration);
  }
  if (model.metadata && model.metadata->text) {
    const fb::TextT& text = *model.metadata->text;
    json["text"] = {{"tokenizer_bytes", text.tokenizer.size()},
                    {"pooling", to_string(text.pooling)},
                    {"normalize", text.normalize},
                    {"max_tokens", text.max_tokens}};
  }
  if (model.metadata) {
    json["privacy_floor"] = to_string(model.metadata->privacy_floor);
    for (const auto& policy : model.metadata->policies)
      json["privacy"][policy->output] = to_string(policy->level);
    for (std::size_t i = 0; i < model.outputs.size(); ++i) {
      const double bits = bits_per_second(model, i);
      if (!std::isinf(bits))
        json["bits_per_second"][model.tensors[static_cast<std::size_t>(model.outputs[i])]->name] =
            bits;
    }
    for (const auto& policy : model.metadata->policies) {
      if (policy->events) {
        json["events"][policy->output] = {{"least_run", policy->events->least_run},
                                          {"classes", policy->events->classes},
                                          {"silence", policy->events->silence}};
      }
    }
  }
  for (const OperatorInfo& op : info.operators) {
    nlohmann::ordered_json row = {{"name", op.name}, {"kind", op.kind},   {"output", op.output},
                                  {"type", op.type}, {"bytes", op.bytes}, {"macs", op.macs}};
    if (op.weight_bits) {
      row["weight_bits"] = op.weight_bits;
      row["density"] = op.density;
    }
    if (op.activation_bits)
      row["activation_bits"] = op.activation_bits;
    json["operators"].push_back(std::move(row));
  }
  return json;
}

void print(const ModelInfo& info, const fb::ModelT& model, std::ostream& out) {
  constexpr const char* kRow = "%s %-11s %-10s %-4s %5s %7s %8s %8s\n";  // 78 columns
  char line[256];
  std::snprintf(line, sizeof line, kRow, first_columns("layer", 17).c_str(), "operator", "output",
                "type", "w/a", "density", "bytes", "MACs");
  out << line;
  for (const OperatorInfo& op : info.operators) {
    std::string bits = op.weight_bits ? std::to_string(op.weight_bits) : "";
    if (op.weight_bits && op.activation_bits)
      bits += "/" + std::to_string(op.activation_bits);
    char density[16] = "";
    if (op.weight_bits)
      std::snprintf(density, sizeof density, "%.1f %%", 100 * op.density);
    std::snprintf(line, sizeof line, kRow, last_columns(op.name, 17).c_str(), op.kind.c_str(),
                  shape_text(op.output).c_str(), op.type.c_str(), bits.c_str(), density,
                  short_count(op.bytes).c_str(), op.macs ? short_count(op.macs).c_str() : "");
    out << line;
  }
  const bool reads_texts = model.metadata && model.metadata->text;
  std::snprintf(line, sizeof line, "\n%s bytes, %s MACs where %s %lld\n",
                short_count(info.file_bytes).c_str(), short_count(info.macs).c_str(),
                reads_texts ? "the tokens of a text are" : "dynamic extents are",
                static_cast<long long>(info.extent));
  out << line;
  if (!info.integrity.empty())
    out << "integrity: " << info.integrity << "\n";
  if (model.metadata && model.metadata->source_bytes > 0) {
    std::snprintf(line, sizeof line, "%.1f %%",
                  100.0 * static_cast<double>(info.file_bytes) /
                      static_cast<double>(model.metadata->source_bytes));
    out << line << " of " << model.metadata->source_name << " ("
        << short_count(model.metadata->source_bytes) << " bytes), by " << model.metadata->producer
        << "\n";
  }
  if (model.metadata) {
    for_each_about(*model.metadata, [&out](const char* name, const char*, const std::string& text) {
      if (!text.empty())
        out << name << ": " << escaped(text) << "\n";
    });
  }
  if (reads_texts)
    out << "text: " << describe(*model.metadata->text) << "\n";
  if (model.metadata && !model.metadata->policies.empty()) {
    out << "handed out by sealed sessions up to level:";
    for (const auto& policy : model.metadata->policies)
      out << " " << policy->output << " " << to_string(policy->level);
    out << "\n";
    print_prices(model, out);
    if (model.metadata->privacy_floor != fb::PrivacyLevel::Low)
      out << "sessions below level " << to_string(model.metadata->privacy_floor)
          << " are refused\n";
  }
}

}  // namespace edgy::converter
