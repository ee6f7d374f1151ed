// `edgy convert`: from ONNX to a compressed model.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "converter/calibration/calibration.h"
#include "converter/cli/commands.h"
#include "converter/program.h"
#include "converter/progress.h"
#include "converter/calibration/calibration.h"
#include "converter/pruning/filter_repair.h"
#include "converter/quantization/float16_storage.h"
#include "converter/quantization/layers.h"
#include "converter/compress/quantize.h"
#include "converter/config/config.h"
#include "converter/data/dataset.h"
#include "converter/data/files.h"
#include "converter/data/write_file.h"
#include "converter/error.h"
#include "converter/export/export.h"
#include "converter/export/int4_storage.h"
#include "converter/export/privacy.h"
#include "converter/export/sparse_storage.h"
#include "converter/lower/lower.h"
#include "converter/nncf/conversion.h"
#include "converter/onnx/import.h"
#include "converter/passes/passes.h"
#include "converter/progress.h"
#include "converter/pruning/filter_repair.h"
#include "converter/quantization/float16_storage.h"
#include "converter/quantization/layers.h"
#include "converter/quantization/source_integers.h"

namespace edgy::converter {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string model;
  std::string output;
  std::string config;
  std::string calibration;
  std::string split = "train";
  std::string precision;
  std::string front_end;
  std::string budget;
  std::vector<std::string> policies;
  std::string min_level = "low";
  std::optional<int64_t> fold_limit;  ///< MB
  bool verbose = false;
};

/// The front end by name, or as a JSON file with a log_mel object.
format::fb::LogMelT front_end(const std::string& name) {
  if (name == "edgy")
    return {};  // the schema's defaults are EDGY's
  const ConvertConfig config = read_config(name);
  if (!config.log_mel)
    throw Error(name + ": has no object 'log_mel'; write --front-end edgy for EDGY's own");
  return *config.log_mel;
}

/// The file's settings. Of NNCF's, what needs no training; the rest is named on standard error.
ConvertConfig read_any_config(const std::string& path) {
  const std::vector<uint8_t> bytes = read_bytes(path);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!nncf::is_nncf(text))
    return parse_config(text, path);
  const nncf::ParsedNncf parsed = nncf::parse(text, path);
  for (const Diagnostic& warning : parsed.warnings)
    std::cerr << "warning: " << to_string(warning, path) << "\n";
  const nncf::ConversionPlan plan = nncf::plan_conversion(parsed);
  for (const std::string& note : plan.notes)
    std::cerr << "note: " << note << "\n";
  return plan.config;
}

ConvertConfig configuration(const Arguments& arguments) {
  ConvertConfig config =
      arguments.config.empty() ? ConvertConfig() : read_any_config(arguments.config);
  if (arguments.precision == "f32")
    config.precision = Precision::kFloat32;
  if (arguments.precision == "int8")
    config.precision = Precision::kInt8;
  if (!arguments.budget.empty())
    config.quantize.budget = parse_budget(arguments.budget);
  if (!arguments.front_end.empty())
    config.log_mel = front_end(arguments.front_end);
  return config;
}

/// A manifest with splits is used by its training part; other data whole.
std::unique_ptr<CalibrationSource> calibration_data(const Arguments& arguments,
                                                    const ConvertConfig& config,
                                                    const format::fb::ModelT& model) {
  DatasetOptions options;
  options.limit = config.quantize.calibration_samples;
  options.seed = config.seed;
  const fs::path path = arguments.calibration;
  if (path.extension() == ".csv" || fs::exists(path / "manifest.csv"))
    options.split = arguments.split;
  return open_dataset(path, model, options);
}

/// Says what is taken over from a model that is quantized already, and what is not done to it.
void report_source_integers(const SourceIntegers& integers, const ConvertConfig& config) {
  std::cerr << "note: the model is quantized already; its scales and zero points stay: "
            << integers.integer_layers << " layers compute in integers\n";
  for (const std::string& layer : integers.float_layers)
    std::cerr << "note: in float32: " << layer << "\n";
  if (config.quantize.pruning || config.quantize.budget || config.filter_pruning) {
    throw Error(
        "the model is quantized already, and pruning needs float weights: convert the model from "
        "before it was quantized");
  }
}

/// Removes filters; with data the layers behind them are fitted to what they computed before.
void take_filters(const Arguments& arguments, const ConvertConfig& config,
                  format::fb::ModelT& model) {
  const format::fb::ModelT original = model;
  const std::vector<PrunedChannels> pruned = prune_filters(model, *config.filter_pruning);
  if (arguments.verbose) {
    for (const PrunedChannels& entry : pruned) {
      std::cerr << "  filter pruning: " << entry.layers.front() << ": " << entry.before << " -> "
                << entry.after << " channels\n";
    }
  }
  if (!config.filter_pruning->repair)
    return;
  if (arguments.calibration.empty()) {
    std::cerr << "note: filter_pruning: nothing is repaired without --calibration\n";
    return;
  }
  const auto data = calibration_data(arguments, config, model);
  repair_filters(original, pruned, read_samples(*data, config.quantize.calibration_samples),
                 config.quantize.reconstruction, *make_terminal_progress(), model);
}

/// Files that are read, so that none of them is written over.
std::vector<fs::path> input_files(const Arguments& arguments) {
  std::vector<fs::path> files = {arguments.model};
  for (const std::string& file : {arguments.config, arguments.front_end, arguments.calibration}) {
    if (!file.empty())
      files.emplace_back(file);
  }
  return files;
}

/// What became of the model, on standard error if the model itself goes to standard output.
void report_size(const Arguments& arguments, std::size_t bytes, std::size_t source_bytes) {
  char share[32];
  std::snprintf(share, sizeof share, "%.2f %%",
                100.0 * static_cast<double>(bytes) / static_cast<double>(source_bytes));
  (is_standard_output(arguments.output) ? std::cerr : std::cout)
      << arguments.output << ": " << bytes << " bytes, " << share << " of " << source_bytes << "\n";
}

void convert(const Arguments& arguments) {
  require_writable(arguments.output, input_files(arguments));
  ConvertConfig config = configuration(arguments);
  if (config.precision == Precision::kFloat32 && config.quantize.budget)
    throw Error("a budget is met by int8 and int4 weights: it does not go with precision f32");
  if (config.precision == Precision::kFloat32 && config.quantize.pruning) {
    throw Error(
        "pruning makes sparse int8 weights: it does not go with precision f32; filter_pruning "
        "does");
  }
  const std::vector<uint8_t> source = read_bytes(arguments.model);
  graph::Graph graph = onnx_import::import_model(source, arguments.model);
  if (arguments.fold_limit)
    graph.fold_budget = graph::FoldBudget::of_bytes(*arguments.fold_limit * 1'000'000);
  for (const passes::PassReport& report : passes::run_all(graph)) {
    if (arguments.verbose)
      std::cerr << "  " << report.pass << ": " << report.summary << "\n";
  }
  format::fb::ModelT model = lower::lower_graph(graph);
  if (!model.metadata)
    model.metadata = std::make_unique<format::fb::MetadataT>();
  if (config.log_mel)
    model.metadata->log_mel = std::make_unique<format::fb::LogMelT>(*config.log_mel);

  if (config.precision == Precision::kInt8) {
    const SourceIntegers integers = keep_source_integers(model);
    if (integers.found()) {
      report_source_integers(integers, config);
      config.precision = Precision::kFloat32;  // nothing is left to quantize
    }
  }
  if (config.precision == Precision::kInt8 && arguments.calibration.empty()) {
    throw Error(
        "int8 needs data to calibrate on: give --calibration (manifest.csv, a folder of "
        "recordings, .npy or .npz), or --precision f32");
  }
  if (config.filter_pruning)
    take_filters(arguments, config, model);
  if (config.precision == Precision::kInt8) {
    const auto data = calibration_data(arguments, config, model);
    model = quantize(model, *data, config.quantize, *make_terminal_progress());
  } else if (config.quantize.float_storage == FloatStorage::kFloat16) {
    store_float16(model);
  }
  store_sparse(model);
  store_int4(model);
  compact(model);
  set_privacy(model, arguments.policies, parse_level(arguments.min_level, "--min-level"));
  model.metadata->config = to_json(config);
  stamp(model, {fs::path(arguments.model).filename().string(), source}, "edgy " EDGY_VERSION);
  const std::vector<uint8_t> bytes = serialize(model);
  write_file(arguments.output, bytes);
  report_size(arguments, bytes.size(), source.size());
  const auto& budget = config.quantize.budget;
  if (budget && budget->bytes > 0 && bytes.size() > budget->bytes) {
    throw Error(
        arguments.output + ": " + std::to_string(bytes.size() - budget->bytes) +
        " bytes above the budget, as descriptions and names took more than foreseen; ask for "
        "that much less");
  }
}

}  // namespace

void add_convert_command(CLI::App& app) {
  auto* command = app.add_subcommand(
      "convert", "Convert an ONNX model, quantized to int8 unless told otherwise");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("model", arguments->model, "The .onnx file")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("-o,--output", arguments->output, "The .edgy file to write")->required();
  command
      ->add_option("-c,--config", arguments->config, "Compression settings: NNCF's JSON or Edgy's")
      ->check(CLI::ExistingFile);
  command
      ->add_option("--calibration", arguments->calibration,
                   "Real inputs: manifest.csv, a folder or file of recordings, .npy, .npz")
      ->check(CLI::ExistingPath);
  command->add_option("--split", arguments->split, "Rows of manifest.csv to calibrate on")
      ->capture_default_str();
  command
      ->add_option("--precision", arguments->precision, "int8 or f32; overrides the configuration")
      ->check(CLI::IsMember({"int8", "f32"}));
  command->add_option("--budget", arguments->budget,
                      "size=400kB or speedup=4: choose zeros and bits (8 or 4) of each layer by "
                      "measured damage, so that the model fits");
  command->add_option("--front-end", arguments->front_end,
                      "Audio front end of the first input: edgy, or a JSON file with 'log_mel'");
  command->add_option("--policy", arguments->policies,
                      "OUTPUT=LEVEL: the most private level (low, moderate, high) that hands out "
                      "an output; default: high for codes, low for all else");
  command
      ->add_option("--min-level", arguments->min_level,
                   "The least private level that a sealed session of the model may have")
      ->check(CLI::IsMember({"low", "moderate", "high"}))
      ->capture_default_str();
  command
      ->add_option("--fold-limit", arguments->fold_limit,
                   "MB that computing the model's constants may take; default: 67 and 16 times the "
                   "file")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 32));
  command->add_flag("-v,--verbose", arguments->verbose, "Say what each pass did");
  command->callback([arguments] { convert(*arguments); });
}

}  // namespace edgy::converter
