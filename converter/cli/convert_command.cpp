// `edgy convert`: from ONNX to a compressed model.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "converter/about.h"
#include "converter/cli/commands.h"
#include "converter/config/config.h"
#include "converter/convert.h"
#include "converter/data/files.h"
#include "converter/data/write_file.h"
#include "converter/error.h"
#include "converter/export/export.h"
#include "converter/export/privacy.h"
#include "converter/nncf/conversion.h"
#include "converter/program.h"
#include "converter/progress.h"
#include "converter/tokenizer/text_model.h"

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
  std::vector<std::string> events;
  std::vector<std::string> about;
  std::vector<std::string> shapes;
  std::vector<std::string> constants;
  std::string min_level = "low";
  std::string tokenizer;
  std::string pooling;
  bool normalize = false;
  std::optional<int> max_tokens;
  std::optional<int64_t> fold_limit;  ///< MB
  std::string report;
  bool strict = false;
  MergeOptions merge;
  bool merges = false;
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
  overwrite_about(parse_about(arguments.about), config.about);
  return config;
}

std::optional<TextRequest> text_of(const Arguments& arguments) {
  if (arguments.tokenizer.empty())
    return std::nullopt;
  TextRequest text;
  text.tokenizer = arguments.tokenizer;
  if (!arguments.pooling.empty())
    text.pooling = parse_pooling(arguments.pooling);
  text.normalize = arguments.normalize;
  text.max_tokens = arguments.max_tokens;
  return text;
}

ConvertRequest request_of(const Arguments& arguments) {
  ConvertRequest request;
  request.model = arguments.model;
  request.config = configuration(arguments);
  request.calibration = arguments.calibration;
  request.split = arguments.split;
  request.policies = arguments.policies;
  request.events = arguments.events;
  request.shapes = arguments.shapes;
  request.constants = arguments.constants;
  request.min_level = parse_level(arguments.min_level, "--min-level");
  request.text = text_of(arguments);
  request.strict = arguments.strict;
  if (arguments.merges)
    request.merge = arguments.merge;
  if (arguments.fold_limit)
    request.fold_bytes = *arguments.fold_limit * 1'000'000;
  return request;
}

/// Notes and steps on standard error, where a terminal shows progress too.
class TerminalListener final : public ConvertListener {
 public:
  explicit TerminalListener(bool verbose) : verbose_(verbose) {}
  Progress& progress() override { return *progress_; }
  void note(const std::string& text) override { std::cerr << "note: " << text << "\n"; }
  void detail(const std::string& text) override {
    if (verbose_)
      std::cerr << "  " << text << "\n";
  }

 private:
  bool verbose_;
  std::unique_ptr<Progress> progress_ = make_terminal_progress();
};

/// Files that are read, so that none of them is written over.
std::vector<fs::path> input_files(const Arguments& arguments) {
  std::vector<fs::path> files = {arguments.model};
  for (const std::string& file :
       {arguments.config, arguments.front_end, arguments.calibration, arguments.tokenizer}) {
    if (!file.empty())
      files.emplace_back(file);
  }
  return files;
}

/// What became of the model, on standard error if the model itself goes to standard output.
void report_result(const Arguments& arguments, const ConversionSummary& summary) {
  std::ostream& out = is_standard_output(arguments.output) ? std::cerr : std::cout;
  char share[32];
  std::snprintf(
      share, sizeof share, "%.2f %%",
      100.0 * static_cast<double>(summary.file_bytes) / static_cast<double>(summary.source_bytes));
  out << arguments.output << ": " << summary.file_bytes << " bytes, " << share << " of "
      << summary.source_bytes << "\n"
      << "integrity: " << summary.integrity << "\n";
  print(summary, arguments.verbose, out);
}

void run(const Arguments& arguments) {
  require_writable(arguments.output, input_files(arguments));
  if (!arguments.report.empty())
    require_writable(arguments.report, input_files(arguments));
  const std::string outputs[] = {arguments.output, arguments.report};
  require_apart(outputs);
  const ConvertRequest request = request_of(arguments);
  TerminalListener listener(arguments.verbose);
  const Conversion converted = convert(request, listener);
  const ConversionSummary& summary = converted.summary;
  write_file(arguments.output, converted.bytes);
  if (!arguments.report.empty())
    write_file(arguments.report, json_text(to_json(summary)) + "\n");
  report_result(arguments, summary);
  const auto& budget = request.config.quantize.budget;
  if (budget && budget->bytes > 0 && converted.bytes.size() > budget->bytes) {
    throw Error(
        arguments.output + ": " + std::to_string(converted.bytes.size() - budget->bytes) +
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
  command->add_option("-o,--output", arguments->output, "The .edgy file to write")
      ->required()
      ->check(problem_of_name);
  command
      ->add_option("-c,--config", arguments->config, "Compression settings: NNCF's JSON or Edgy's")
      ->check(CLI::ExistingFile);
  command
      ->add_option(
          "--calibration", arguments->calibration,
          "Real inputs: manifest.csv, a folder or file of recordings, .npy, .npz; of models "
          "with several inputs K.in.NAME.npy, where '_' may stand for '/' and ':'")
      ->check(CLI::ExistingPath);
  command->add_option("--split", arguments->split, "Rows of manifest.csv to calibrate on")
      ->capture_default_str();
  command
      ->add_option("--precision", arguments->precision, "int8 or f32; overrides the configuration")
      ->check(CLI::IsMember({"int8", "f32"}));
  command
      ->add_option_function<int>(
          "--merge-codes",
          [arguments](int classes) {
            arguments->merges = true;
            arguments->merge.classes = classes;
          },
          "Merge the codes into so many classes, greedily by least loss of information about what "
          "the labelled recordings of --calibration say")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--merge-label-weight", arguments->merge.label_weight,
                   "Weight of what codes tell of a recording's label (column label), beside what "
                   "they tell of its frames' (column segments)")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--merge-apart", arguments->merge.apart,
                      "Codes that keep a class of their own, as silence should");
  command->add_option("--budget", arguments->budget,
                      "size=400kB or speedup=4: choose zeros and bits (8 or 4) of each layer by "
                      "measured damage, so that the model fits");
  command->add_option("--front-end", arguments->front_end,
                      "Audio front end of the first input: edgy, or a JSON file with 'log_mel'");
  command
      ->add_option("--shape", arguments->shapes,
                   "NAME=1,128: fix extents of an input; a name in place of a number leaves one "
                   "dynamic")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option("--constant", arguments->constants,
                   "NAME=16000: make an input a constant, as a sample rate that decides what the "
                   "model does")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option("--about", arguments->about,
                   "license=MIT, author=NAME: what the file says of its model; default: what the "
                   "ONNX model's metadata says")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--policy", arguments->policies,
                      "OUTPUT=LEVEL: the most private level (low, moderate, high) that hands out "
                      "an output; default: high for codes, low for all else");
  command
      ->add_option("--events", arguments->events,
                   "OUTPUT or OUTPUT:least_run=2,silence=0: the output hands out events in place "
                   "of its codes, which were said in which order and neither when nor for how "
                   "long: runs of fewer frames than least_run and silence are dropped, repeats "
                   "become one")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option("--min-level", arguments->min_level,
                   "The least private level that a sealed session of the model may have")
      ->check(CLI::IsMember({"low", "moderate", "high"}))
      ->capture_default_str();
  auto* tokenizer = command
                        ->add_option("--tokenizer", arguments->tokenizer,
                                     "Of a model that reads text: its tokenizer.json, which "
                                     "travels in the file, for TextEmbedder of edgy/text")
                        ->check(CLI::ExistingFile);
  command
      ->add_option("--pooling", arguments->pooling,
                   "What a text's vector is made of, over its tokens: mean, cls (the first), max, "
                   "or none where the model itself gives one; default: mean, or none")
      ->check(CLI::IsMember({"mean", "cls", "max", "none"}))
      ->needs(tokenizer);
  command
      ->add_flag("--normalize", arguments->normalize,
                 "Divide a text's vector by its length (L2 norm)")
      ->needs(tokenizer);
  command
      ->add_option("--max-tokens", arguments->max_tokens,
                   "Where texts are cut off; default: where the tokenizer says, else at 512, or "
                   "where the model ends")
      ->check(CLI::PositiveNumber)
      ->needs(tokenizer);
  command
      ->add_option("--fold-limit", arguments->fold_limit,
                   "MB that computing the model's constants may take; default: 67 and 16 times the "
                   "file")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 32));
  command->add_flag("--strict", arguments->strict,
                    "Write nothing, and fail, if a layer with weights can not become int8");
  command
      ->add_option("--report", arguments->report,
                   "A .json file to write: what became int8, what stayed float32 and why, bytes")
      ->check(problem_of_name);
  command->add_flag("-v,--verbose", arguments->verbose,
                    "Say what each pass did, and every layer that stayed float32");
  command->callback([arguments] { run(*arguments); });
}

}  // namespace edgy::converter
