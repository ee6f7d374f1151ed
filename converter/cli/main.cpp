// The command `edgy`.
#include <CLI/CLI.hpp>

#include "converter/audit/command/audit_command.h"
#include "converter/cli/commands.h"
#include "converter/cli/training_commands.h"
#include "converter/compare/commands.h"
#include "converter/program.h"

namespace {

int run(int argc, char** argv) {
  CLI::App app(
      "Edgy: private inference in the browser. Converts, inspects, runs and compares models.",
      "edgy");
  app.set_version_flag("--version", "edgy " EDGY_VERSION);
  app.require_subcommand(1);
  edgy::converter::add_convert_command(app);
  edgy::converter::add_export_command(app);
  edgy::converter::add_inspect_command(app);
  edgy::converter::add_policy_command(app);
  edgy::converter::add_run_command(app);
  edgy::converter::add_compare_command(app);
  edgy::converter::add_audit_command(app);
  edgy::converter::add_operators_command(app);
  edgy::converter::add_config_command(app);
  edgy::converter::add_training_commands(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11's own codes are above 100; usage errors are 2, as of other commands.
    return app.exit(error) == 0 ? 0 : 2;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return edgy::converter::run_program("edgy", [&] { return run(argc, argv); });
}
