// `edgy operators`: what of ONNX is supported.
#include <CLI/CLI.hpp>
#include <iostream>

#include "converter/cli/commands.h"
#include "converter/program.h"
#include "converter/report/operator_table.h"

namespace edgy::converter {

void add_operators_command(CLI::App& app) {
  struct Arguments {
    bool json = false;
    bool markdown = false;
  };
  auto* command = app.add_subcommand("operators", "List the ONNX operators that are supported");
  auto arguments = std::make_shared<Arguments>();
  auto* json = command->add_flag("--json", arguments->json, "Print everything as JSON");
  command->add_flag("--markdown", arguments->markdown, "Print docs/operators.md")->excludes(json);
  command->callback([arguments] {
    const auto table = operator_table();
    std::cout << (arguments->json       ? json_text(table) + "\n"
                  : arguments->markdown ? operators_markdown(table)
                                        : operators_text(table));
  });
}

}  // namespace edgy::converter
