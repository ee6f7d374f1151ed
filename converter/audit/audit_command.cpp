#include "converter/audit/audit_command.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <optional>

#include "converter/audit/attacker_export.h"
#include "converter/audit/audit_report.h"
#include "converter/program.h"
#include "converter/progress.h"
#include "converter/models/model_files.h"
#include "converter/data/files.h"
#include "converter/data/write_file.h"
#include "converter/error.h"
#include "converter/models/model_files.h"
#include "converter/progress.h"

namespace edgy::converter {
namespace {

struct Arguments {
  std::vector<std::string> models;
  std::string manifest;
  std::string html;
  std::string attackers;
  bool json = false;
};

std::vector<Recording> read_recordings(const std::string& path) {
  const CsvTable table = read_csv(path);
  const auto field = [&](const std::vector<std::string>& row, const char* name, bool required) {
    const int column = table.column(name);
    if (column < 0 && required)
      throw Error(path + ": has no column '" + name + "'");
    return column < 0 ? std::string() : row[static_cast<std::size_t>(column)];
  };
  std::vector<Recording> recordings;
  for (const auto& row : table.rows) {
    recordings.push_back({field(row, "file", true), field(row, "speaker", true),
                          field(row, "sex", false), field(row, "label", false),
                          field(row, "split", false)});
  }
  return recordings;
}

/// Measured once: the input is the same for all models with the same front end.
struct SeenInput {
  Features voice;
  Leakage leakage;
};

std::vector<ModelAudit> audit_models(const Arguments& arguments,
                                     const std::vector<Recording>& recordings, Progress& progress) {
  std::vector<ModelAudit> audits;
  std::optional<SeenInput> seen;
  for (const std::string& path : arguments.models) {
    const format::fb::ModelT model = read_model(path);
    ModelAudit audit{std::filesystem::path(path).filename().string(), {}};
    for (const Representation& representation : represent(
             model, [&] { return open_dataset(arguments.manifest, model); }, progress)) {
      if (representation.input && seen && seen->voice == representation.voice) {
        audit.representations.push_back(seen->leakage);
        continue;
      }
      audit.representations.push_back(measure_leakage(representation, recordings, {}, progress));
      if (representation.input)
        seen = SeenInput{representation.voice, audit.representations.back()};
    }
    audits.push_back(std::move(audit));
  }
  return audits;
}

void audit(const Arguments& arguments) {
  std::vector<std::filesystem::path> inputs(arguments.models.begin(), arguments.models.end());
  inputs.emplace_back(arguments.manifest);
  for (const std::string& output : {arguments.attackers, arguments.html}) {
    if (!output.empty())
      require_writable(output, inputs);
  }
  const auto progress = make_terminal_progress();
  const std::vector<Recording> recordings = read_recordings(arguments.manifest);
  if (!arguments.attackers.empty()) {
    const format::fb::ModelT model = read_model(arguments.models.front());
    const auto representations = represent(
        model, [&] { return open_dataset(arguments.manifest, model); }, *progress);
    write_file(arguments.attackers,
               json_text(export_attackers(representations, recordings, {}), -1) + "\n");
    if (!is_standard_output(arguments.attackers))
      std::cout << "attackers: " << arguments.attackers << "\n";
    return;
  }
  const std::vector<ModelAudit> audits = audit_models(arguments, recordings, *progress);
  if (!arguments.html.empty()) {
    write_file(arguments.html,
               to_html(audits, std::filesystem::path(arguments.manifest).filename().string() +
                                   ", " + std::to_string(recordings.size()) + " recordings"));
  }
  if (arguments.json)
    std::cout << json_text(to_json(audits)) << "\n";
  else
    print_table(audits, std::cout);
}

}  // namespace

void add_audit_command(CLI::App& app) {
  auto* command =
      app.add_subcommand("audit", "Measure what a model's outputs tell about the speaker");
  auto arguments = std::make_shared<Arguments>();
  command
      ->add_option("models", arguments->models,
                   "One or more .edgy or .onnx files: the first is what others are compared with")
      ->required()
      ->check(CLI::ExistingFile);
  command
      ->add_option("--manifest", arguments->manifest,
                   "manifest.csv: file, speaker, sex, label, split")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("--html", arguments->html, "Write a report with charts to this file");
  command->add_option("--export-attackers", arguments->attackers,
                      "Instead of auditing: train small linear attackers on the first model's "
                      "outputs and write them to this file, for a page to run");
  command->add_flag("--json", arguments->json, "Print everything as JSON");
  command->callback([arguments] { audit(*arguments); });
}

}  // namespace edgy::converter
