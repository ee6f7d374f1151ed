// `edgy config`: what a configuration file means, and the schemas that editors check with.
#include <CLI/CLI.hpp>
#include <iostream>

#include "converter/cli/commands.h"
#include "converter/config/config.h"
#include "converter/data/files.h"
#include "converter/error.h"
#include "converter/models/model_files.h"
#include "converter/nncf/algorithms/unmatched.h"
#include "converter/nncf/explain/explain.h"
#include "converter/nncf/file/schema.h"
#include "converter/nncf/layer_effects.h"
#include "converter/program.h"

namespace edgy::converter {
namespace {

struct Arguments {
  std::string file;
  std::string model;
  std::string kind = "nncf";
  bool json = false;
};

/// Edgy's own configuration has one meaning a key: the file in full says it all.
void explain_native(std::string_view text, const Arguments& arguments) {
  const auto full = nlohmann::ordered_json::parse(to_json(parse_config(text, arguments.file)));
  if (arguments.json) {
    std::cout << json_text(full) << "\n";
    return;
  }
  std::cout << "Edgy's own configuration. In full, with defaults:\n" << json_text(full) << "\n";
}

void explain_file(const Arguments& arguments) {
  const std::vector<uint8_t> bytes = read_bytes(arguments.file);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!nncf::is_nncf(text)) {
    explain_native(text, arguments);
    return;
  }
  const nncf::ParsedNncf parsed = nncf::parse(text, arguments.file);
  const nncf::Explanation explanation = nncf::explain(parsed);
  std::vector<nncf::LayerEffect> effects;
  std::vector<std::string> unmatched;
  if (!arguments.model.empty()) {
    const format::fb::ModelT model = read_model(arguments.model);
    effects = nncf::effects_on(parsed.config, model);
    std::vector<std::string> names;
    for (const auto& op : model.operators)
      names.push_back(op->name);
    unmatched = nncf::unmatched_scopes(parsed.config, names);
  }
  if (arguments.json) {
    auto json = nncf::to_json(explanation, parsed);
    if (!arguments.model.empty()) {
      json["layers"] = nncf::to_json(effects);
      json["unmatched"] = unmatched;
    }
    std::cout << json_text(json) << "\n";
    return;
  }
  for (const Diagnostic& warning : parsed.warnings)
    std::cerr << "warning: " << to_string(warning, arguments.file) << "\n";
  std::cout << nncf::to_text(explanation);
  if (arguments.model.empty())
    return;
  for (const std::string& sentence : unmatched)
    std::cerr << "warning: " << arguments.file << ": " << sentence << "\n";
  std::cout << "\nIn the end, in " << arguments.model << ":\n" << nncf::to_text(effects);
}

}  // namespace

void add_config_command(CLI::App& app) {
  auto* command = app.add_subcommand("config", "Explain configuration files");
  command->require_subcommand(1);
  auto arguments = std::make_shared<Arguments>();
  auto* explain = command->add_subcommand(
      "explain", "Say in words what a configuration (NNCF's or Edgy's own) will do");
  explain->add_option("file", arguments->file, "The .json file")
      ->required()
      ->check(CLI::ExistingFile);
  explain
      ->add_option("model", arguments->model,
                   "A model, .onnx: say what becomes of each of its layers, too (NNCF's files)")
      ->check(CLI::ExistingFile);
  explain->add_flag("--json", arguments->json, "Print it as JSON, warnings included");
  explain->callback([arguments] { explain_file(*arguments); });
  auto* schema = command->add_subcommand("schema", "Print the JSON Schema for editors");
  schema->add_option("kind", arguments->kind, "Of which configurations: nncf or edgy")
      ->check(CLI::IsMember({"nncf", "edgy"}))
      ->capture_default_str();
  schema->callback([arguments] {
    std::cout << json_text(arguments->kind == "nncf" ? nncf::schema() : config_schema()) << "\n";
  });
}

}  // namespace edgy::converter
