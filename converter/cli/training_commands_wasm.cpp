#include <CLI/CLI.hpp>

#include "converter/cli/training_commands.h"
#include "converter/error.h"

namespace edgy::converter {
namespace {

void add_refusal(CLI::App& app, const std::string& name, const std::string& does) {
  CLI::App* command = app.add_subcommand(name, does + " (the native converter alone)");
  command->allow_extras();
  command->callback([name] {
    throw Error("`edgy " + name +
                "` trains with libtorch, which this converter, made of WebAssembly, is without; "
                "build the native one from Edgy's sources (make native)");
  });
}

}  // namespace

void add_training_commands(CLI::App& app) {
  add_refusal(app, "finetune", "Train a converted model on");
  add_refusal(app, "private-encoder",
              "Train an encoder whose codes keep what is said and not who says it");
}

}  // namespace edgy::converter
