#include "converter/audit/audit_command.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "converter/audit/audit_report.h"
#include "converter/cli/progress.h"
#include "converter/compare/model_files.h"
#include "converter/data/files.h"
#include "converter/error.h"

namespace edgy::converter {
namespace {

struct Arguments {
  std::vector<std::string> models;
  std::string manifest;
  std::string html;
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

void audit(const Arguments& arguments) {
  const auto progress = make_terminal_progress();
  const std::vector<Recording> recordings = read_recordings(arguments.manifest);
  std::vector<ModelAudit> audits;
  std::string description;
  for (const std::string& path : arguments.models) {
    const format::fb::ModelT model = read_edgy(path);
    const auto data = open_dataset(arguments.manifest, model);
    description = data->description();
    ModelAudit audit{std::filesystem::path(path).filename().string(), {}};
    for (const Representation& representation : represent(model, *data, *progress)) {
      progress->begin("attacking " + representation.name, 2);
      audit.representations.push_back(measure_leakage(representation, recordings, {}, *progress));
      progress->end();
    }
    audits.push_back(std::move(audit));
  }
  if (!arguments.html.empty()) {
    std::ofstream file(arguments.html);
    file << to_html(audits, description);
    if (!file.flush())
      throw Error(arguments.html + ": can not be written");
  }
  if (arguments.json) {
    std::cout << to_json(audits).dump(2) << "\n";
  } else {
    print_table(audits, std::cout);
  }
}

}  // namespace

void add_audit_command(CLI::App& app) {
  auto* command =
      app.add_subcommand("audit", "Measure what a model's outputs tell about the speaker");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("models", arguments->models, "One or more .edgy files")
      ->required()
      ->check(CLI::ExistingFile);
  command
      ->add_option("--manifest", arguments->manifest,
                   "manifest.csv: file, speaker, sex, label, split")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("--html", arguments->html, "Write a report with charts to this file");
  command->add_flag("--json", arguments->json, "Print everything as JSON");
  command->callback([arguments] { audit(*arguments); });
}

}  // namespace edgy::converter
