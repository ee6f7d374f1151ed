#include "converter/private_encoder/private_encoder_command.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "converter/data/write_file.h"
#include "converter/error.h"
#include "converter/private_encoder/onnx_encoder.h"
#include "converter/private_encoder/weights.h"

namespace edgy::converter {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string manifest;
  std::string output;
  std::string run;
};

/// The program beside this one.
fs::path trainer_program() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  fs::path program = self.parent_path() / "edgy-private-encoder";
  if (!fs::exists(program)) {
    throw Error(
        "training is not built: there is no " + program.string() +
        ". It needs libtorch; run `toolchain/setup torch`, then build again (`make native`)");
  }
  return program;
}

/// Runs the program to its end.
int run(const fs::path& program, std::vector<std::string> words) {
  // Threads that wait for work must not take the other's core: BLAS and torch have pools of their
  // own.
  ::setenv("OMP_WAIT_POLICY", "passive", 0);
  ::setenv("OPENBLAS_THREAD_TIMEOUT", "8", 0);  // 2^8 cycles
  words.insert(words.begin(), program.string());
  std::vector<char*> argv;
  for (std::string& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  const int failure =
      ::posix_spawn(&child, program.c_str(), nullptr, nullptr, argv.data(), environ);
  if (failure != 0)
    throw Error(program.string() + " does not start: " + std::strerror(failure));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR)
      throw Error(program.string() + ": " + std::strerror(errno));
  }
  if (WIFSIGNALED(status)) {
    throw Error("training was ended by signal " + std::to_string(WTERMSIG(status)) +
                "; the same command goes on where its checkpoint is");
  }
  return WEXITSTATUS(status);
}

}  // namespace

void add_private_encoder_command(CLI::App& app) {
  auto* command = app.add_subcommand(
      "private-encoder", "Train an encoder whose codes keep what is said and not who says it");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("manifest", arguments->manifest, "manifest.csv, or the folder that has it")
      ->required()
      ->check(CLI::ExistingPath);
  command->add_option("-o,--output", arguments->output, "The .onnx file to write")
      ->required()
      ->check(problem_of_name);
  command->add_option("--run", arguments->run,
                      "Folder for the checkpoint, weights and log (default: OUTPUT.run)");
  // Everything else is the trainer's own.
  command->allow_extras();
  command->footer(
      "Then the options of training, --config first of all: `edgy-private-encoder --help` lists "
      "them.");
  command->callback([arguments, command] {
    const fs::path program = trainer_program();
    const fs::path manifest[] = {arguments->manifest};
    require_writable(arguments->output, manifest);
    const fs::path folder = arguments->run.empty() ? arguments->output + ".run" : arguments->run;
    make_folder(folder);
    std::vector<std::string> words = {folder.string(), arguments->manifest};
    for (const std::string& word : command->remaining())
      words.push_back(word);
    if (run(program, words) != 0)
      throw Error("training has not come to its end; what it says is above");
    const auto encoder = private_encoder::read_trained(folder / "encoder");
    const std::string bytes = private_encoder::onnx_encoder(encoder);
    write_file(arguments->output, bytes);
    std::cerr << arguments->output << ": " << bytes.size() << " bytes\n";
  });
}

}  // namespace edgy::converter
