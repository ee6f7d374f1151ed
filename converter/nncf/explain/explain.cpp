#include "converter/nncf/explain/explain.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "converter/columns.h"
#include "converter/nncf/explain/explain_algorithms.h"
#include "converter/nncf/file/words.h"

namespace edgy::converter::nncf {
namespace {

constexpr int kLabelColumns = 16;

std::string labelled(const std::string& indent, const std::string& label, const std::string& text,
                     int columns) {
  std::string first = indent + label;
  const std::size_t width = indent.size() + kLabelColumns;
  first.resize(std::max(width, first.size() + 2), ' ');
  return wrapped(first, std::string(width, ' '), text, columns);
}

std::string schedule_table(const ExplainedAlgorithm& algorithm, int columns) {
  std::string text = "\n   from epoch   " + algorithm.level_name + "\n";
  for (const ExplainedLevel& row : algorithm.schedule) {
    char line[64];
    std::snprintf(line, sizeof line, "   %10d   %5.1f %%   ", row.epoch, row.level * 100);
    std::string start = line;
    if (row.note.empty())
      start.resize(start.find_last_not_of(' ') + 1);
    text += wrapped(start, std::string(24, ' '), row.note, columns);
  }
  return text + "\n";
}

std::string to_text(const ExplainedAlgorithm& algorithm, std::size_t number, int columns) {
  const std::string indent = "   ";
  std::string text = std::to_string(number) + ". " + algorithm.algorithm + "\n";
  text += wrapped(indent, indent, algorithm.summary, columns) + "\n";
  for (const ExplainedSetting& setting : algorithm.settings) {
    text += labelled(indent, setting.label,
                     setting.value + (setting.is_default ? " [default]" : ""), columns);
  }
  text += algorithm.schedule.empty() ? "\n" : schedule_table(algorithm, columns);
  for (const std::string& note : algorithm.notes)
    text += labelled(indent, "note", note, columns);
  text += labelled(indent, "edgy convert", algorithm.convert, columns);
  text += labelled(indent, "edgy finetune", algorithm.finetune, columns);
  return text;
}

nlohmann::ordered_json to_json(const std::vector<ExplainedSetting>& settings) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const ExplainedSetting& setting : settings) {
    json.push_back(
        {{"label", setting.label}, {"value", setting.value}, {"default", setting.is_default}});
  }
  return json;
}

}  // namespace

Explanation explain(const ParsedNncf& parsed) {
  Explanation explanation;
  if (parsed.config.algorithms.empty())
    explanation.summary = plain_training();
  const auto& inputs = parsed.config.inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::string shape;
    for (const int64_t extent : inputs[i].sample_size)
      shape += (shape.empty() ? "" : ", ") + std::to_string(extent);
    const std::string name =
        inputs[i].keyword.empty() ? std::to_string(i + 1) : "'" + inputs[i].keyword + "'";
    explanation.inputs.push_back(
        {"input " + name, shape.empty() ? "as the model has it" : "[" + shape + "], batch first",
         shape.empty()});
  }
  for (std::size_t i = 0; i < parsed.config.algorithms.size(); ++i) {
    const Facts facts(parsed.given, "compression[" + std::to_string(i) + "]");
    explanation.algorithms.push_back(
        std::visit([&](const auto& algorithm) { return explain_algorithm(algorithm, facts); },
                   parsed.config.algorithms[i]));
    explanation.algorithms.back().algorithm = name_of(parsed.config.algorithms[i]);
  }
  for (const Unused& unused : parsed.unused) {
    std::vector<std::string>* notes = &explanation.notes;
    for (std::size_t i = 0; i < explanation.algorithms.size(); ++i) {
      if (unused.path.starts_with("compression[" + std::to_string(i) + "]"))
        notes = &explanation.algorithms[i].notes;
    }
    notes->push_back(unused.diagnostic.message +
                     (unused.diagnostic.message.ends_with('.') ? "" : "."));
  }
  return explanation;
}

std::string to_text(const Explanation& explanation, int columns) {
  columns = std::max(columns, 60);
  std::string text;
  for (const ExplainedSetting& input : explanation.inputs)
    text +=
        labelled("", input.label, input.value + (input.is_default ? " [default]" : ""), columns);
  if (!explanation.summary.empty())
    text += (text.empty() ? "" : "\n") + wrapped("", "", explanation.summary, columns);
  for (const std::string& note : explanation.notes)
    text += labelled("", "note", note, columns);
  for (std::size_t i = 0; i < explanation.algorithms.size(); ++i) {
    text += (text.empty() ? "" : "\n") + to_text(explanation.algorithms[i], i + 1, columns);
  }
  return text;
}

nlohmann::ordered_json to_json(const Explanation& explanation, const ParsedNncf& parsed) {
  nlohmann::ordered_json json = {{"inputs", to_json(explanation.inputs)},
                                 {"notes", explanation.notes},
                                 {"algorithms", nlohmann::ordered_json::array()},
                                 {"warnings", nlohmann::ordered_json::array()}};
  if (!explanation.summary.empty())
    json["summary"] = explanation.summary;
  for (const ExplainedAlgorithm& algorithm : explanation.algorithms) {
    nlohmann::ordered_json schedule = nlohmann::ordered_json::array();
    for (const ExplainedLevel& row : algorithm.schedule)
      schedule.push_back({{"epoch", row.epoch}, {"level", row.level}, {"note", row.note}});
    json["algorithms"].push_back({{"algorithm", algorithm.algorithm},
                                  {"summary", algorithm.summary},
                                  {"settings", to_json(algorithm.settings)},
                                  {"schedule", schedule},
                                  {"notes", algorithm.notes},
                                  {"convert", algorithm.convert},
                                  {"finetune", algorithm.finetune}});
  }
  for (const Diagnostic& warning : parsed.warnings) {
    json["warnings"].push_back(
        {{"line", warning.at.line}, {"column", warning.at.column}, {"message", warning.message}});
  }
  return json;
}

}  // namespace edgy::converter::nncf
