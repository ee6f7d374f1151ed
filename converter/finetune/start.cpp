#include "converter/finetune/start.h"

#include <algorithm>
#include <iostream>

#include "converter/compress/quantize.h"
#include "converter/export/int4_storage.h"
#include "converter/finetune/samples/recordings.h"
#include "converter/models/read_edgy.h"
#include "converter/progress.h"
#include "converter/pruning/filter_repair.h"
#include "converter/quantization/float16_storage.h"
#include "converter/quantization/layers.h"

namespace edgy::converter::finetune {
namespace {

/// Training works on bytes.
format::fb::ModelT expanded(format::fb::ModelT model) {
  expand_int4(model);
  expand_float16(model);
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

Student make_student(const Arguments& arguments, const format::fb::ModelT& reference,
                     const CompressionPlan& plan, const std::string& split,
                     nlohmann::ordered_json& log) {
  if (!arguments.from.empty())
    return {expanded(read_edgy(arguments.from)), std::nullopt};
  ConvertConfig config;
  format::fb::ModelT floats = reference;
  const auto calibration = open_split(arguments, reference, split, arguments.calibration_samples);
  const auto progress = make_terminal_progress();
  if (plan.filters) {
    config.filter_pruning = filter_options(*plan.filters);
    const auto report = prune_filters(floats, *config.filter_pruning);
    for (const PrunedChannels& pruned : report) {
      std::cerr << "filters of " << pruned.layers.front() << ": " << pruned.after << " of "
                << pruned.before << " stay\n";
    }
    log["filters_removed"] = pruned_share(report);
    repair_filters(reference, report, read_samples(*calibration, arguments.calibration_samples), {},
                   *progress, floats);
  }
  if (arguments.precision == "f32") {
    config.precision = Precision::kFloat32;
    return {std::move(floats), config};
  }
  QuantizeOptions& options = config.quantize;
  options.calibration_samples = arguments.calibration_samples;
  options.activation_bits = plan.activation_bits;
  if (plan.activation_bits < 7)
    options.min_layer_sqnr_db =
        0;  // training mends what is lost: all layers get what was asked for
  QuantizationReport report;
  format::fb::ModelT model = quantize(floats, *calibration, options, *progress, report);
  for (const FloatLayer& layer : report.float_layers)
    std::fprintf(stderr, "in float32: %s: %s\n", layer.name.c_str(), explain(layer).c_str());
  return {std::move(model), config};
}

}  // namespace edgy::converter::finetune
