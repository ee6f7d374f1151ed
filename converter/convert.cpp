#include "converter/convert.h"

#include "converter/about.h"
#include "converter/calibration/calibration.h"
#include "converter/compress/quantize.h"
#include "converter/data/dataset.h"
#include "converter/data/files.h"
#include "converter/error.h"
#include "converter/export/package.h"
#include "converter/export/sha256.h"
#include "converter/lower/lower.h"
#include "converter/onnx/fix_inputs.h"
#include "converter/onnx/import.h"
#include "converter/passes/passes.h"
#include "converter/pruning/filter_repair.h"
#include "converter/quantization/float16_storage.h"
#include "converter/quantization/layers.h"
#include "converter/quantization/source_integers.h"

namespace edgy::converter {
namespace {

namespace fs = std::filesystem;

/// A manifest with splits is used by its training part; other data whole.
std::unique_ptr<CalibrationSource> calibration_data(const ConvertRequest& request,
                                                    const format::fb::ModelT& model) {
  DatasetOptions options;
  options.limit = request.config.quantize.calibration_samples;
  options.seed = request.config.seed;
  const fs::path& path = request.calibration;
  if (path.extension() == ".csv" || fs::exists(path / "manifest.csv"))
    options.split = request.split;
  return open_dataset(path, model, options);
}

/// Says what is taken over from a model that is quantized already, and what is not done to it.
void report_source_integers(const SourceIntegers& integers, const ConvertConfig& config,
                            ConvertListener& listener) {
  listener.note("the model is quantized already; its scales and zero points stay: " +
                std::to_string(integers.integer_layers) + " layers compute in integers");
  for (const FloatLayer& layer : integers.float_layers)
    listener.note("in float32: " + layer.name + ": " + explain(layer));
  if (config.quantize.pruning || config.quantize.budget || config.filter_pruning) {
    throw Error(
        "the model is quantized already, and pruning needs float weights: convert the model from "
        "before it was quantized");
  }
}

/// Removes filters; with data the layers behind them are fitted to what they computed before.
void take_filters(const ConvertRequest& request, ConvertListener& listener,
                  format::fb::ModelT& model) {
  const ConvertConfig& config = request.config;
  const format::fb::ModelT original = model;
  const std::vector<PrunedChannels> pruned = prune_filters(model, *config.filter_pruning);
  for (const PrunedChannels& entry : pruned) {
    listener.detail("filter pruning: " + entry.layers.front() + ": " +
                    std::to_string(entry.before) + " -> " + std::to_string(entry.after) +
                    " channels");
  }
  if (!config.filter_pruning->repair)
    return;
  if (request.calibration.empty()) {
    listener.note("filter_pruning: nothing is repaired without --calibration");
    return;
  }
  const auto data = calibration_data(request, model);
  repair_filters(original, pruned, read_samples(*data, config.quantize.calibration_samples),
                 config.quantize.reconstruction, listener.progress(), model);
}

void quantize_layers(const ConvertRequest& request, ConvertListener& listener,
                     format::fb::ModelT& model, Compression& done) {
  const auto data = calibration_data(request, model);
  QuantizationReport report;
  model = quantize(model, *data, request.config.quantize, listener.progress(), report);
  for (const std::string& note : report.notes)
    listener.note(note);
  done.float_layers = std::move(report.float_layers);
  done.float_operators = std::move(report.float_operators);
}

/// Merges codes by what the labelled recordings say.
void take_codes_together(const ConvertRequest& request, ConvertListener& listener,
                         format::fb::ModelT& model) {
  const fs::path& data = request.calibration;
  if (data.empty() || !(data.extension() == ".csv" || fs::exists(data / "manifest.csv"))) {
    throw Error(
        "--merge-codes needs labelled recordings to count codes on: give a manifest.csv with a "
        "column 'label' or 'segments' as --calibration");
  }
  MergeOptions options = *request.merge;
  options.split = request.split;
  const int32_t output = code_output(model);
  const std::vector<int64_t> classes =
      merge_codes(count_codes(model, output, data, options.split), options);
  replace_codes(model, output, classes);
  for (int which = 0; which < options.classes; ++which) {
    std::string text = "class " + std::to_string(which) + ":";
    for (std::size_t code = 0; code < classes.size(); ++code)
      text += classes[code] == which ? " " + std::to_string(code) : "";
    listener.detail(text);
  }
}

void refuse_floats(const ConversionSummary& summary) {
  if (summary.float_layers.empty())
    return;
  std::string text = "--strict: " + std::to_string(summary.float_layers.size()) +
                     " layers with weights stay float32:";
  for (const FloatLayer& layer : summary.float_layers) {
    text += "\n  " + (layer.name.empty() ? layer.output : layer.name) + ": " + explain(layer);
  }
  throw Error(text);
}

}  // namespace

void check_request(const ConvertRequest& request) {
  const ConvertConfig& config = request.config;
  if (config.precision != Precision::kFloat32)
    return;
  if (config.quantize.budget)
    throw Error("a budget is met by int8 and int4 weights: it does not go with precision f32");
  if (config.quantize.pruning) {
    throw Error(
        "pruning makes sparse int8 weights: it does not go with precision f32; filter_pruning "
        "does");
  }
  if (request.strict)
    throw Error("--strict asks for int8 throughout: it does not go with precision f32");
}

SourceFile read_source(const fs::path& path) {
  return {path, read_bytes(path)};
}

graph::Graph rewrite(const SourceFile& source, const ConvertRequest& request,
                     ConvertListener& listener) {
  graph::Graph graph = onnx_import::import_model(source.bytes, source.path.string());
  for (const std::string& shape : request.shapes)
    onnx_import::fix_shape(graph, shape);
  for (const std::string& constant : request.constants)
    onnx_import::fix_constant(graph, constant);
  if (request.fold_bytes)
    graph.fold_budget = graph::FoldBudget::of_bytes(*request.fold_bytes);
  for (const passes::PassReport& report : passes::run_all(graph))
    listener.detail(report.pass + ": " + report.summary);
  return graph;
}

format::fb::ModelT lower_model(const graph::Graph& graph, const ConvertConfig& config) {
  format::fb::ModelT model = lower::lower_graph(graph);
  if (!model.metadata)
    model.metadata = std::make_unique<format::fb::MetadataT>();
  if (config.log_mel)
    model.metadata->log_mel = std::make_unique<format::fb::LogMelT>(*config.log_mel);
  overwrite_about(graph.about, *model.metadata);
  overwrite_about(config.about, *model.metadata);
  return model;
}

Compression compress(format::fb::ModelT& model, const ConvertRequest& request,
                     ConvertListener& listener) {
  const ConvertConfig& config = request.config;
  Compression done;
  done.quantized = config.precision == Precision::kInt8;
  if (done.quantized) {
    SourceIntegers integers = keep_source_integers(model);
    if (integers.is_quantized) {
      report_source_integers(integers, config, listener);
      done.float_layers = std::move(integers.float_layers);
      done.quantized = false;
    }
  }
  done.quantized = done.quantized && !quantizable_layers(model).empty();
  if (done.quantized && request.calibration.empty()) {
    throw Error(
        "int8 needs data to calibrate on: give --calibration (manifest.csv, a folder of "
        "recordings, .npy or .npz), or --precision f32");
  }
  if (config.filter_pruning)
    take_filters(request, listener, model);
  if (done.quantized) {
    quantize_layers(request, listener, model, done);
  } else if (config.quantize.float_storage == FloatStorage::kFloat16) {
    store_float16(model);
  }
  return done;
}

Conversion convert(const ConvertRequest& request, ConvertListener& listener) {
  check_request(request);
  const SourceFile source = read_source(request.model);
  format::fb::ModelT model = lower_model(rewrite(source, request, listener), request.config);
  if (request.text)
    set_text(model, *request.text);
  const bool int8 = request.config.precision == Precision::kInt8;
  if (request.merge)
    take_codes_together(request, listener, model);
  const Compression done = compress(model, request, listener);
  ConvertConfig config = request.config;
  if (!done.quantized)
    config.precision = Precision::kFloat32;  // the settings of quantization were not used
  config.about = {};                         // the file says it in fields of its own
  Conversion result;
  PackageOptions options;
  options.source = Source{source.path.filename().string(), source.bytes};
  options.producer = "edgy " EDGY_VERSION;
  options.config = to_json(config);
  options.policies = request.policies;
  options.events = request.events;
  options.floor = request.min_level;
  result.bytes = package(model, options);
  result.summary = summarize(model, result.bytes.size(), done.float_layers, int8);
  result.summary.integrity = integrity(result.bytes);
  result.summary.float_operators = done.float_operators;
  if (request.strict)
    refuse_floats(result.summary);
  return result;
}

}  // namespace edgy::converter
