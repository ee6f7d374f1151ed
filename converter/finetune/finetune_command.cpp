#include "converter/finetune/finetune_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "converter/data/files.h"
#include "converter/data/write_file.h"
#include "converter/error.h"
#include "converter/export/export.h"
#include "converter/models/model_files.h"

namespace edgy::converter {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string model;
  std::string output;
  std::string run;
  std::string front_end;
};

/// The program beside this one.
fs::path trainer_program() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  fs::path program = self.parent_path() / "edgy-finetune";
  if (!fs::exists(program)) {
    throw Error(
        "fine-tuning is not built: there is no " + program.string() +
        ". It needs libtorch; run `toolchain/setup torch`, then build again (`make native`)");
  }
  return program;
}

/// The original as the runtime's operators, float32, in the folder of the run.
void prepare(const Arguments& arguments, const fs::path& run) {
  const fs::path model[] = {arguments.model};
  require_writable(arguments.output, model);
  make_folder(run);
  require_writable(run / "reference.edgy", model);
  format::fb::ModelT reference = read_model(arguments.model);
  if (!reference.metadata)
    reference.metadata = std::make_unique<format::fb::MetadataT>();
  if (arguments.front_end == "edgy")
    reference.metadata->log_mel = std::make_unique<format::fb::LogMelT>();
  stamp(reference, {fs::path(arguments.model).filename().string(), read_bytes(arguments.model)},
        "edgy " EDGY_VERSION);
  write_file(run / "reference.edgy", serialize(reference));
}

[[noreturn]] void start(const fs::path& program, const Arguments& arguments, const fs::path& run,
                        const std::vector<std::string>& rest) {
  // Threads that wait for work must not take the other's core: BLAS and torch have pools of their
  // own.
  ::setenv("OMP_WAIT_POLICY", "passive", 0);
  ::setenv("OPENBLAS_THREAD_TIMEOUT", "8", 0);  // 2^8 cycles
  std::vector<std::string> words = {program.string(), run.string(), "-o", arguments.output};
  words.insert(words.end(), rest.begin(), rest.end());
  std::vector<char*> argv;
  for (std::string& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  throw Error(program.string() + " does not start: " + std::strerror(errno));
}

}  // namespace

void add_finetune_command(CLI::App& app) {
  auto* command = app.add_subcommand(
      "finetune", "Train a compressed model to give what its original gives (no labels needed)");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("model", arguments->model, "The original, .onnx")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("-o,--output", arguments->output, "The .edgy file to write")
      ->required()
      ->check(problem_of_name);
  command->add_option("--run", arguments->run,
                      "Folder for checkpoints, log and report (default: OUTPUT.run)");
  command
      ->add_option("--front-end", arguments->front_end, "Audio front end of the first input: edgy")
      ->check(CLI::IsMember({"edgy"}));
  // Everything else is the trainer's own.
  command->allow_extras();
  command->footer(
      "Then the options of training, --data first of all: `edgy-finetune --help` lists them.");
  command->callback([arguments, command] {
    const fs::path program = trainer_program();
    const fs::path run = arguments->run.empty() ? arguments->output + ".run" : arguments->run;
    prepare(*arguments, run);
    start(program, *arguments, run, command->remaining());
  });
}

}  // namespace edgy::converter
