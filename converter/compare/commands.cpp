#include "converter/compare/commands.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>

#include "converter/calibration/runner.h"
#include "converter/compare/compare.h"
#include "converter/compare/memory_option.h"
#include "converter/data/files.h"
#include "converter/data/npy.h"
#include "converter/data/write_file.h"
#include "converter/error.h"
#include "converter/models/model_files.h"
#include "converter/program.h"
#include "converter/progress.h"

namespace edgy::converter {
namespace {

namespace fs = std::filesystem;

struct RunArguments {
  std::string model;
  std::vector<std::string> inputs;
  std::string folder;
  std::string isa;
  uint64_t mebibytes = 0;
  uint64_t work_limit = UINT64_MAX;
  bool json = false;
};

struct InputFile {
  std::size_t slot;  ///< of the model's inputs
  fs::path path;
};

/// "NAME=FILE.npy", where names and files may hold "=" and names may be spelled as find_name()
/// takes them, or "FILE.npy" alone for a model with one input.
InputFile input_file(const std::string& text, const std::vector<std::string>& names) {
  std::optional<InputFile> found;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (text.starts_with(names[i] + "=") && (!found || names[i].size() > names[found->slot].size()))
      found = InputFile{i, text.substr(names[i].size() + 1)};
  }
  if (found)
    return *found;
  const std::size_t equals = text.find('=');
  if (equals != std::string::npos) {
    if (const auto slot = find_name(names, text.substr(0, equals)))
      return {*slot, text.substr(equals + 1)};
  }
  if (names.size() == 1 && (text.find('=') == std::string::npos || fs::exists(text)))
    return {0, text};
  std::string known;
  for (const std::string& name : names)
    known += (known.empty() ? "'" : ", '") + name + "'";
  throw Error("--input " + text + ": NAME=FILE.npy is expected, with the name of an input: " +
              (known.empty() ? "the model has none" : known));
}

std::vector<std::string> input_names(const format::fb::ModelT& model) {
  std::vector<std::string> names;
  for (const int32_t index : model.inputs)
    names.push_back(model.tensors[static_cast<std::size_t>(index)]->name);
  return names;
}

std::vector<InputFile> input_files(const RunArguments& arguments,
                                   const std::vector<std::string>& names) {
  std::vector<std::string> given(names.size());
  std::vector<InputFile> files;
  for (const std::string& text : arguments.inputs) {
    files.push_back(input_file(text, names));
    std::string& before = given[files.back().slot];
    if (!before.empty())
      throw Error("input '" + names[files.back().slot] + "' is given twice: " + before + " and " +
                  text);
    before = text;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (given[i].empty())
      throw Error("input '" + names[i] + "' is missing: give --input " + names[i] + "=FILE.npy");
  }
  return files;
}

Sample read_inputs(const std::string& name, const std::vector<InputFile>& files,
                   const format::fb::ModelT& model) {
  Sample sample;
  sample.name = name;
  sample.inputs.resize(model.inputs.size());
  for (const auto& [slot, path] : files) {
    const auto& input = *model.tensors[static_cast<std::size_t>(model.inputs[slot])];
    sample.inputs[slot] = as_input(read_npy(path), input, path.string());
  }
  return sample;
}

std::optional<kernels::Isa> isa_named(const std::string& isa) {
  if (isa.empty())
    return std::nullopt;
  for (const kernels::Isa available : kernels::available_isas()) {
    if (isa == kernels::to_string(available))
      return available;
  }
  throw Error("--isa " + isa + ": not in this build");
}

runtime::SessionOptions session_options(const RunArguments& arguments, const Sample& sample) {
  std::error_code is_pipe;
  const uint64_t size = fs::file_size(arguments.model, is_pipe);
  uint64_t given = is_pipe ? 0 : size;
  for (const Tensor& input : sample.inputs)
    given += input.data.size();
  runtime::SessionOptions options = reading_options(given, arguments.mebibytes);
  options.isa = isa_named(arguments.isa);
  options.work_limit = arguments.work_limit;
  options.profile = arguments.json;
  return options;
}

/// A file for each output, none of which is another's or an input's.
std::vector<fs::path> output_files(const RunArguments& arguments, const format::fb::ModelT& model,
                                   std::span<const fs::path> read) {
  std::map<fs::path, std::string> names;
  std::vector<fs::path> files;
  for (const int32_t index : model.outputs) {
    const std::string& name = model.tensors[static_cast<std::size_t>(index)]->name;
    files.push_back(fs::path(arguments.folder) / (file_safe_name(name) + ".npy"));
    const auto [other, is_new] = names.emplace(files.back(), name);
    if (!is_new && other->second != name) {
      throw Error("the outputs '" + other->second + "' and '" + name +
                  "' would both be written to " + files.back().string());
    }
    require_other_file(files.back(), read);
  }
  return files;
}

void run(const RunArguments& arguments) {
  const format::fb::ModelT model = read_edgy(arguments.model);
  const std::vector<InputFile> inputs = input_files(arguments, input_names(model));
  std::vector<fs::path> read = {arguments.model};
  for (const InputFile& input : inputs)
    read.push_back(input.path);
  const std::vector<fs::path> files = output_files(arguments, model, read);
  const Sample sample = read_inputs(arguments.model, inputs, model);
  Runner runner(model, nullptr, session_options(arguments, sample));
  make_folder(arguments.folder);
  for (const fs::path& file : files)
    require_writable(file, read);
  const auto start = std::chrono::steady_clock::now();
  const std::vector<Tensor> outputs = runner.run(sample);
  const double first =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  for (std::size_t i = 0; i < outputs.size(); ++i)
    write_npy(files[i], outputs[i]);
  if (!arguments.json)
    return;
  nlohmann::ordered_json report = {{"milliseconds", first}};
  for (const runtime::StepProfile& step : runner.session().profile()) {
    report["steps"].push_back({{"name", step.name},
                               {"kernel", step.kernel},
                               {"milliseconds", step.milliseconds},
                               {"macs", step.macs}});
  }
  std::cout << json_text(report) << "\n";
}

struct CompareArguments {
  std::string reference;
  std::string model;
  std::string data;
  std::string split;
  std::size_t limit = 0;
  std::size_t layers = 12;
  uint64_t mebibytes = 0;
  bool json = false;
};

void run_compare(const CompareArguments& arguments) {
  const format::fb::ModelT reference = read_model(arguments.reference);
  const format::fb::ModelT model = read_edgy(arguments.model);
  DatasetOptions options;
  options.split = arguments.split;
  options.limit = arguments.limit;
  const auto data = open_dataset(arguments.data, model, options);
  runtime::SessionOptions limits = conversion_options();
  if (arguments.mebibytes != 0)
    limits = reading_options(0, arguments.mebibytes);
  const Comparison comparison = compare(reference, model, *data, *make_terminal_progress(), limits);
  if (arguments.json) {
    std::cout << json_text(to_json(comparison)) << "\n";
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
  command->add_option(
      "-i,--input", arguments->inputs,
      "NAME=FILE.npy, once for each input; '_' may stand for '/' and ':' of a name");
  command->add_option("-o,--output", arguments->folder, "Folder for OUTPUT.npy files")->required();
  command->add_option(
      "--isa", arguments->isa,
      "Kernel form: reference, simd128, relaxed-dot or relaxed-pair (default: the fastest)");
  add_memory_option(*command, arguments->mebibytes);
  command->add_option(
      "--work-limit", arguments->work_limit,
      "Multiplications and other steps that the run may take (default: any number)");
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
      ->add_option(
          "-d,--data", arguments->data,
          "manifest.csv, a folder of recordings, .npy or .npz, or one such file; of models "
          "with several inputs K.in.NAME.npy, where '_' may stand for '/' and ':'")
      ->required();
  command->add_option("--split", arguments->split, "Rows of manifest.csv to use (default: all)");
  command->add_option("--limit", arguments->limit,
                      "At most so many samples, spread evenly (default: all)");
  command->add_option("--layers", arguments->layers, "How many inner values to list")
      ->capture_default_str();
  command
      ->add_option("--memory-limit", arguments->mebibytes,
                   "MiB that each of the models may take (default: 16384)")
      ->check(CLI::Range(1, 1 << 20));
  command->add_flag("--json", arguments->json, "Print everything as JSON");
  command->callback([arguments] { run_compare(*arguments); });
}

}  // namespace edgy::converter
