#include "converter/compare/commands.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>

#include "converter/calibration/runner.h"
#include "converter/compare/compare.h"
#include "converter/data/npy.h"
#include "converter/error.h"
#include "converter/models/model_files.h"
#include "converter/progress.h"

namespace edgy::converter {
namespace {

namespace fs = std::filesystem;

struct RunArguments {
  std::string model;
  std::vector<std::string> inputs;
  std::string folder;
  std::string isa;
  bool json = false;
};

/// "NAME=FILE.npy", or "FILE.npy" alone for a model with one input.
std::pair<std::string, fs::path> split_input(const std::string& text,
                                             const format::fb::ModelT& model) {
  const std::size_t equals = text.find('=');
  if (equals != std::string::npos)
    return {text.substr(0, equals), text.substr(equals + 1)};
  if (model.inputs.size() != 1)
    throw Error("--input " + text + ": write NAME=FILE.npy, the model has several inputs");
  return {model.tensors[static_cast<std::size_t>(model.inputs[0])]->name, text};
}

Sample read_inputs(const RunArguments& arguments, const format::fb::ModelT& model) {
  Sample sample;
  sample.name = arguments.model;
  std::vector<std::string> names;
  for (const int32_t index : model.inputs)
    names.push_back(model.tensors[static_cast<std::size_t>(index)]->name);
  sample.inputs.resize(names.size());
  for (const std::string& text : arguments.inputs) {
    const auto [name, path] = split_input(text, model);
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      std::string known;
      for (const std::string& n : names)
        known += " '" + n + "'";
      throw Error("the model has no input '" + name + "'; it has" + known);
    }
    const std::size_t slot = static_cast<std::size_t>(found - names.begin());
    Tensor tensor = read_npy(path);
    tensor.name = name;
    if (tensor.type != model.tensors[static_cast<std::size_t>(model.inputs[slot])]->type) {
      throw Error(path.string() + ": has another element type than input '" + name + "'");
    }
    sample.inputs[slot] = std::move(tensor);
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (sample.inputs[i].data.empty())
      throw Error("input '" + names[i] + "' is missing: give --input " + names[i] + "=FILE.npy");
  }
  return sample;
}

runtime::SessionOptions session_options(const std::string& isa) {
  runtime::SessionOptions options;
  if (isa.empty())
    return options;
  for (const kernels::Isa available : kernels::available_isas()) {
    if (isa == kernels::to_string(available))
      options.isa = available;
  }
  if (!options.isa)
    throw Error("--isa " + isa + ": not in this build");
  return options;
}

/// File names can not hold every character that tensor names can.
std::string file_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '/' || c == ':' || c == '\\'; }, '_');
  return name + ".npy";
}

void run(const RunArguments& arguments) {
  const format::fb::ModelT model = read_edgy(arguments.model);
  runtime::SessionOptions options = session_options(arguments.isa);
  options.profile = arguments.json;
  Runner runner(model, nullptr, std::move(options));
  const Sample sample = read_inputs(arguments, model);
  const auto start = std::chrono::steady_clock::now();
  const std::vector<Tensor> outputs = runner.run(sample);
  const double first =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  fs::create_directories(arguments.folder);
  for (const Tensor& output : outputs)
    write_npy(fs::path(arguments.folder) / file_name(output.name), output);
  if (!arguments.json)
    return;
  nlohmann::ordered_json report = {{"milliseconds", first}};
  for (const runtime::StepProfile& step : runner.session().profile()) {
    report["steps"].push_back({{"name", step.name},
                               {"kernel", step.kernel},
                               {"milliseconds", step.milliseconds},
                               {"macs", step.macs}});
  }
  std::cout << report.dump(2) << "\n";
}

struct CompareArguments {
  std::string reference;
  std::string model;
  std::string data;
  std::string split;
  std::size_t limit = 0;
  std::size_t layers = 12;
  bool json = false;
};

void run_compare(const CompareArguments& arguments) {
  const format::fb::ModelT reference = read_model(arguments.reference);
  const format::fb::ModelT model = read_edgy(arguments.model);
  DatasetOptions options;
  options.split = arguments.split;
  options.limit = arguments.limit;
  const auto data = open_dataset(arguments.data, model, options);
  const Comparison comparison = compare(reference, model, *data, *make_terminal_progress());
  if (arguments.json) {
    std::cout << to_json(comparison).dump(2) << "\n";
  } else {
    print(comparison, arguments.layers, std::cout);
  }
}

}  // namespace

void add_run_command(CLI::App& app) {
  auto* command = app.add_subcommand("run", "Run a model on the native build of the runtime");
  auto arguments = std::make_shared<RunArguments>();
  command->add_option("model", arguments->model, "The .edgy file")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("-i,--input", arguments->inputs, "NAME=FILE.npy, once for each input")
      ->required();
  command->add_option("-o,--output", arguments->folder, "Folder for OUTPUT.npy files")->required();
  command->add_option(
      "--isa", arguments->isa,
      "Kernel form: reference, simd128, relaxed-dot or relaxed-pair (default: the fastest)");
  command->add_flag("--json", arguments->json, "Print the time of each step");
  command->callback([arguments] { run(*arguments); });
}

void add_compare_command(CLI::App& app) {
  auto* command = app.add_subcommand(
      "compare", "Compare a compressed model with its float reference on real data");
  auto arguments = std::make_shared<CompareArguments>();
  command->add_option("reference", arguments->reference, "The .onnx file (or a float .edgy)")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("model", arguments->model, "The .edgy file")
      ->required()
      ->check(CLI::ExistingFile);
  command
      ->add_option("-d,--data", arguments->data,
                   "manifest.csv, a folder of recordings, .npy or .npz, or one such file")
      ->required();
  command->add_option("--split", arguments->split, "Rows of manifest.csv to use (default: all)");
  command->add_option("--limit", arguments->limit,
                      "At most so many samples, spread evenly (default: all)");
  command->add_option("--layers", arguments->layers, "How many inner values to list")
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "Print everything as JSON");
  command->callback([arguments] { run_compare(*arguments); });
}

}  // namespace edgy::converter
