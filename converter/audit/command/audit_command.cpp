#include "converter/audit/command/audit_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>

#include "converter/audit/command/attacker_export.h"
#include "converter/audit/command/recognizer_export.h"
#include "converter/audit/report/audit_report.h"
#include "converter/data/files.h"
#include "converter/data/write_file.h"
#include "converter/error.h"
#include "converter/models/model_files.h"
#include "converter/program.h"
#include "converter/progress.h"

namespace edgy::converter {
namespace {

struct Arguments {
  std::vector<std::string> models;
  std::string manifest;
  std::string html;
  std::string attackers;
  std::string recognizer;
  std::string text_control;
  std::vector<std::string> silence;
  EventOptions events;
  AuditOptions options;
  bool json = false;
};

double seconds_of(const std::string& text) {
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  return end != text.c_str() && *end == '\0' && std::isfinite(seconds) && seconds > 0 ? seconds : 0;
}

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
                          field(row, "split", false), seconds_of(field(row, "seconds", false))});
  }
  return recordings;
}

/// "none", or codes by number.
std::optional<std::vector<int32_t>> parse_silence(const std::vector<std::string>& words) {
  if (words.empty())
    return std::nullopt;
  std::vector<int32_t> codes;
  for (const std::string& word : words) {
    if (word == "none" && words.size() == 1)
      return codes;
    int32_t code = -1;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), code);
    if (error != std::errc() || end != word.data() + word.size() || code < 0)
      throw Error("--silence " + word + ": write numbers of codes, or none");
    codes.push_back(code);
  }
  return codes;
}

/// Measured once: the input and its length are the same for all models with the same front end.
struct Seen {
  std::string name;
  Features voice;
  Leakage leakage;
};

std::vector<ModelAudit> audit_models(const Arguments& arguments,
                                     const std::vector<Recording>& recordings, Progress& progress) {
  std::vector<ModelAudit> audits;
  std::vector<Seen> seen;
  std::vector<Recording> spoken_text;
  if (!arguments.text_control.empty())
    spoken_text = read_recordings(arguments.text_control);
  for (const std::string& path : arguments.models) {
    const format::fb::ModelT model = read_model(path);
    const auto hear = [&](const std::string& manifest) {
      return represent(
          model, [&] { return open_dataset(manifest, model); }, progress, arguments.events);
    };
    ModelAudit audit{std::filesystem::path(path).filename().string(), {}};
    for (const Representation& representation : hear(arguments.manifest)) {
      const auto known = std::ranges::find_if(seen, [&](const Seen& other) {
        return other.name == representation.name && other.voice == representation.voice;
      });
      if (representation.same_for_all_models() && known != seen.end()) {
        audit.representations.push_back(known->leakage);
        continue;
      }
      audit.representations.push_back(
          measure_leakage(representation, recordings, arguments.options, progress));
      if (representation.same_for_all_models()) {
        seen.push_back({representation.name, representation.voice, audit.representations.back()});
      }
    }
    if (!spoken_text.empty()) {
      for (const Representation& representation : hear(arguments.text_control)) {
        if (representation.codes > 0) {
          audit.representations.push_back(
              measure_text_alone(representation, spoken_text, arguments.options, progress));
        }
      }
    }
    audits.push_back(std::move(audit));
  }
  return audits;
}

/// What a page runs, instead of an audit.
void export_classifiers(const Arguments& arguments, const std::vector<Recording>& recordings,
                        Progress& progress) {
  const format::fb::ModelT model = read_model(arguments.models.front());
  const auto representations = represent(
      model, [&] { return open_dataset(arguments.manifest, model); }, progress, arguments.events);
  const auto write = [](const char* name, const std::string& path, const auto& json) {
    write_file(path, json_text(json, -1) + "\n");
    if (!is_standard_output(path))
      std::cout << name << ": " << path << "\n";
  };
  if (!arguments.attackers.empty())
    write("attackers", arguments.attackers, export_attackers(representations, recordings, {}));
  if (!arguments.recognizer.empty())
    write("recognizer", arguments.recognizer, export_recognizer(representations, recordings, {}));
}

void audit(Arguments arguments) {
  arguments.events.silence = parse_silence(arguments.silence);
  std::vector<std::filesystem::path> inputs(arguments.models.begin(), arguments.models.end());
  inputs.emplace_back(arguments.manifest);
  const std::string outputs[] = {arguments.attackers, arguments.recognizer, arguments.html};
  for (const std::string& output : outputs) {
    if (!output.empty())
      require_writable(output, inputs);
  }
  require_apart(outputs);
  const auto progress = make_terminal_progress();
  const std::vector<Recording> recordings = read_recordings(arguments.manifest);
  if (!arguments.attackers.empty() || !arguments.recognizer.empty()) {
    export_classifiers(arguments, recordings, *progress);
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
  command->add_option("--html", arguments->html, "Write a report with charts to this file")
      ->check(problem_of_name);
  command
      ->add_option("--text-control", arguments->text_control,
                   "A second manifest.csv: the same words under the same names, spoken by one "
                   "synthetic voice; what is found there is in the words, not in the voice")
      ->check(CLI::ExistingFile);
  command
      ->add_option("--seeds", arguments->options.seeds,
                   "Trainings of each attacker that starts from random weights")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command
      ->add_option("--shuffles", arguments->options.shuffles,
                   "Attacks on speakers dealt out at random beside each attack; 0: none")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  command
      ->add_option("--at-once", arguments->options.at_once,
                   "Numbers of recordings of one speaker that an attacker has at once")
      ->check(CLI::Range(2, 1000000))
      ->capture_default_str();
  command
      ->add_option("--shortest-event", arguments->events.shortest,
                   "Frames that a code must last to be an event")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--silence", arguments->silence,
                      "Codes that are no events, or none; default: the code whose frames are "
                      "quietest in the model's input");
  command
      ->add_option("--export-attackers", arguments->attackers,
                   "Instead of auditing: train small linear attackers on the first model's "
                   "outputs and write them to this file, for a page to run")
      ->check(problem_of_name);
  command
      ->add_option("--export-recognizer", arguments->recognizer,
                   "Instead of auditing: train a small recognizer of recordings' labels on the "
                   "first model's events and write it to this file, for a page to run")
      ->check(problem_of_name);
  command->add_flag("--json", arguments->json, "Print everything as JSON");
  command->callback([arguments] { audit(*arguments); });
}

}  // namespace edgy::converter
