// `edgy policy`: what a model hands out, stated anew.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "converter/cli/commands.h"
#include "converter/data/write_file.h"
#include "converter/export/export.h"
#include "converter/export/frame_rate.h"
#include "converter/export/output_events.h"
#include "converter/export/privacy.h"
#include "converter/models/read_edgy.h"

namespace edgy::converter {

void add_policy_command(CLI::App& app) {
  struct Arguments {
    std::string model;
    std::string output;
    std::vector<std::string> policies;
    std::vector<std::string> events;
    std::string min_level = "low";
  };
  auto* command = app.add_subcommand(
      "policy",
      "State anew which levels of privacy hand out which output of a model, and which "
      "outputs give events; what is not said gets the defaults of convert");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("model", arguments->model, "The .edgy file")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("-o,--output", arguments->output, "The .edgy file to write")
      ->required()
      ->check(problem_of_name);
  command->add_option("--policy", arguments->policies, "As of convert")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--events", arguments->events, "As of convert")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--min-level", arguments->min_level, "As of convert")
      ->check(CLI::IsMember({"low", "moderate", "high"}))
      ->capture_default_str();
  command->callback([arguments] {
    const std::filesystem::path input = arguments->model;
    require_writable(arguments->output, {&input, 1});
    format::fb::ModelT model = read_edgy(arguments->model);
    if (model.metadata)
      model.metadata->policies.clear();
    set_privacy(model, arguments->policies, parse_level(arguments->min_level, "--min-level"));
    set_events(model, arguments->events);
    set_frame_rates(model);
    set_features(model);
    const std::vector<uint8_t> bytes = serialize(model);
    write_file(arguments->output, bytes);
    std::ostream& out = is_standard_output(arguments->output) ? std::cerr : std::cout;
    out << arguments->output << ": " << bytes.size() << " bytes\n";
  });
}

}  // namespace edgy::converter
