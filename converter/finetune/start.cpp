#include "converter/finetune/start.h"

#include <torch/utils.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>

#include "converter/compress/quantize.h"
#include "converter/data/write_file.h"
#include "converter/error.h"
#include "converter/export/int4_storage.h"
#include "converter/export/package.h"
#include "converter/finetune/network/stored_weights.h"
#include "converter/finetune/samples/recordings.h"
#include "converter/models/read_edgy.h"
#include "converter/nncf/conversion.h"
#include "converter/progress.h"
#include "converter/pruning/filter_repair.h"
#include "converter/quantization/float16_storage.h"
#include "converter/quantization/layers.h"

namespace edgy::converter::finetune {
namespace fs = std::filesystem;
namespace {

/// Training works on bytes.
format::fb::ModelT expanded(format::fb::ModelT model) {
  expand_int4(model);
  expand_float16(model);
  return model;
}

constexpr char kConversion[] = "conversion.edgy";

bool chooses_zeros(const Arguments& arguments, const CompressionPlan& plan) {
  return plan.magnitude || plan.rb || arguments.options.sparsity > 0;
}

/// What was chosen by sensitivity, by the names of the layers.
std::map<std::string, int> bits_by_name(const format::fb::ModelT& reference,
                                        const CompressionPlan& plan) {
  std::map<std::string, int> bits;
  const Network network(reference);
  for (std::size_t i = 0; i < network.layers().size() && i < plan.layer_bits.size(); ++i)
    bits[network.layers()[i].operator_name] = plan.layer_bits[i];
  return bits;
}

/// The conversion of a run that is to go on; empty: there is none, or it was made in another way.
std::optional<format::fb::ModelT> earlier_conversion(const fs::path& run,
                                                     const std::string& settings) {
  if (!fs::exists(run / "checkpoint.safetensors") || !fs::exists(run / kConversion))
    return std::nullopt;
  format::fb::ModelT model = read_edgy(run / kConversion);
  if (!model.metadata || model.metadata->config != settings)
    return std::nullopt;
  return expanded(std::move(model));
}

/// Removes filters and fits the layers behind them.
void take_filters(const ConvertConfig& config, CalibrationSource& calibration, Progress& progress,
                  format::fb::ModelT& floats, nlohmann::ordered_json& log) {
  const format::fb::ModelT original = floats;
  const auto report = prune_filters(floats, *config.filter_pruning);
  for (const PrunedChannels& pruned : report) {
    std::cerr << "filters of " << pruned.layers.front() << ": " << pruned.after << " of "
              << pruned.before << " stay\n";
  }
  log["filters_removed"] = pruned_share(report);
  repair_filters(original, report, read_samples(calibration, config.quantize.calibration_samples),
                 config.quantize.reconstruction, progress, floats);
}

format::fb::ModelT convert_floats(const format::fb::ModelT& floats, CalibrationSource& calibration,
                                  const ConvertConfig& config, Progress& progress) {
  QuantizationReport report;
  format::fb::ModelT model = quantize(floats, calibration, config.quantize, progress, report);
  for (const FloatLayer& layer : report.float_layers)
    std::fprintf(stderr, "in float32: %s: %s\n", layer.name.c_str(), explain(layer).c_str());
  for (const std::string& note : report.notes)
    std::cerr << "note: " << note << "\n";
  return model;
}

}  // namespace

bool has_half_floats(const Arguments& arguments) {
  if (arguments.from.empty())
    return false;
  const auto model = read_edgy(arguments.from);
  return std::any_of(model.tensors.begin(), model.tensors.end(),
                     [](const auto& tensor) { return tensor->type == format::fb::DataType::F16; });
}

ConvertConfig conversion_config(const Arguments& arguments, const format::fb::ModelT& reference,
                                const CompressionPlan& plan,
                                const std::optional<nncf::ParsedNncf>& file) {
  ConvertConfig config;
  if (file)
    config = nncf::plan_conversion(*file).config;
  if (plan.filters)
    config.filter_pruning = filter_options(*plan.filters);
  QuantizeOptions& quantize = config.quantize;
  if (!plan.sparse() && arguments.options.sparsity > 0)
    quantize.pruning.emplace().sparsity = arguments.options.sparsity;
  if (quantize.pruning)
    quantize.pruning->pattern.block_cols = arguments.options.sparsity_block;
  if (!plan.layer_bits.empty()) {
    quantize.weight_bits_of = [bits = bits_by_name(reference, plan)](const std::string& layer) {
      const auto found = bits.find(layer);
      return found == bits.end() ? 8 : found->second;
    };
    quantize.rounding = RoundingMethod::kReconstruction;
  }
  if (arguments.calibration_samples)
    quantize.calibration_samples = *arguments.calibration_samples;
  quantize.activation_bits = plan.activation_bits;
  if (plan.activation_bits < 7)  // training mends what is lost: all layers get what was asked
    quantize.min_layer_sqnr_db = quantize.min_output_sqnr_db = -100;
  config.precision = arguments.precision == "f32" ? Precision::kFloat32 : Precision::kInt8;
  return config;
}

format::fb::ModelT without_zeros(const format::fb::ModelT& converted,
                                 const format::fb::ModelT& floats) {
  torch::NoGradGuard no_grad;
  const Network original(floats);
  Network network(converted);
  if (network.layers().size() != original.layers().size())
    throw Error("the conversion has other layers than the original");
  for (std::size_t i = 0; i < network.layers().size(); ++i) {
    const Layer& from = original.layers()[i];
    Layer& to = network.layers()[i];
    to.weight.copy_(from.weight);
    to.mask = torch::Tensor();
    to.scale = torch::Tensor();
    if (to.bias.defined() && from.bias.defined()) {
      to.bias.copy_(from.bias);
    } else if (to.bias.defined()) {
      to.bias.zero_();
    }
  }
  format::fb::ModelT model = converted;
  write_layers(network, model);
  return model;
}

Start make_start(const Arguments& arguments, const format::fb::ModelT& reference,
                 const CompressionPlan& plan, const ConvertConfig& config, const std::string& split,
                 nlohmann::ordered_json& log) {
  Start start;
  if (!arguments.from.empty()) {
    start.model = expanded(read_edgy(arguments.from));
    return start;
  }
  start.config = config;
  format::fb::ModelT floats = reference;
  const auto calibration =
      open_split(arguments, reference, split, config.quantize.calibration_samples);
  const auto progress = make_terminal_progress();
  if (config.filter_pruning)
    take_filters(config, *calibration, *progress, floats, log);
  if (config.precision == Precision::kFloat32) {
    if (!plan.sparse() && arguments.options.sparsity <= 0)
      start.conversion = floats;
    start.model = std::move(floats);
    return start;
  }
  const fs::path run = arguments.run;
  const std::string settings = to_json(config);
  start.conversion = earlier_conversion(run, settings);
  if (!start.conversion) {
    format::fb::ModelT converted = convert_floats(floats, *calibration, config, *progress);
    PackageOptions options;
    options.config = settings;
    write_file(run / kConversion, package(converted, options));
    // As a run that goes on will find it.
    start.conversion = expanded(read_edgy(run / kConversion));
  }
  start.model =
      chooses_zeros(arguments, plan) ? without_zeros(*start.conversion, floats) : *start.conversion;
  start.repair = std::make_unique<Repair>(
      std::move(floats), read_samples(*calibration, config.quantize.calibration_samples),
      config.quantize);
  return start;
}

}  // namespace edgy::converter::finetune
