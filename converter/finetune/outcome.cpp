#include "converter/finetune/outcome.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "converter/columns.h"

namespace edgy::converter::finetune {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kColumns = 80;

/// As near to a share as anyone asks for: a tenth of a percent.
constexpr double kNear = 0.001 + 1e-9;

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}

std::string number(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

Json row_of(const char* what, const Judgement& judgement, bool has_codes) {
  Json row = {{"what", what}, {"zeros", percent(judgement.zeros)}};
  row["codes equal"] = has_codes ? percent(judgement.code_agreement) : "";
  row["SQNR dB"] = number("%.2f", judgement.sqnr_db);
  row["cosine"] = number("%.5f", judgement.cosine);
  row["labels right"] = judgement.label_accuracy ? percent(*judgement.label_accuracy) : "";
  return row;
}

/// The best of what training made under the final masks; null: it made nothing.
const Judgement* best_of_training(const TrainingResult& result, const FinetuneOptions& options) {
  const Judgement* best = nullptr;
  bool under_final_masks = result.asked_zeros <= 0;
  for (const Judgement& judgement : result.judgements) {
    under_final_masks = under_final_masks || judgement.state == "final masks";
    if (!under_final_masks || judgement.state == "start" || judgement.state == "conversion")
      continue;
    if (best == nullptr || merit(judgement, options) > merit(*best, options))
      best = &judgement;
  }
  return best;
}

/// "codes equal 91.4 %", or what else decides.
std::string deciding(const Judgement& judgement, bool has_codes, const FinetuneOptions& options) {
  if (judges_by_labels(judgement, options))
    return percent(*judgement.label_accuracy) + " of labels right";
  return has_codes ? percent(judgement.code_agreement) + " of codes equal"
                   : number("%.2f dB", judgement.sqnr_db);
}

std::string verdict_of(const TrainingResult& result, bool has_codes, const FinetuneOptions& options,
                       std::vector<std::string>& warnings) {
  if (!result.best) {
    return "nothing was judged: there is no dev data; the last weights are written";
  }
  const std::string got = deciding(*result.best, has_codes, options);
  if (!result.reached_last_stage) {
    warnings.push_back("training ended before its schedule came to the zeros asked for: " +
                       std::string(result.is_conversion
                                       ? "what is written is conversion alone (" + got + ")"
                                       : "give it more --epochs"));
    return warnings.back();
  }
  if (result.is_conversion) {
    warnings.push_back("training did not pay: nothing was better on dev than conversion alone (" +
                       got +
                       "), which is what is written; `edgy convert` gives it without training");
    return warnings.back();
  }
  if (result.best->state == "start") {
    warnings.push_back(
        "training did not pay: nothing was better on dev than what it started from (" + got +
        "), which is what is written");
    return warnings.back();
  }
  if (result.conversion) {
    return "training: " + got +
           " on dev, conversion alone: " + deciding(*result.conversion, has_codes, options);
  }
  return "training: " + got +
         " on dev, before: " + deciding(result.judgements.front(), has_codes, options);
}

}  // namespace

Json outcome(const TrainingResult& result, const FinetuneOptions& options, const Asked& asked) {
  bool has_codes = false;
  for (const Judgement& judgement : result.judgements)
    has_codes = has_codes || judgement.code_agreement < 1;
  Json rows = Json::array();
  const bool zeros = result.asked_zeros > 0;
  rows.push_back({{"what", "asked"},
                  {"zeros", zeros ? percent(result.asked_zeros) : ""},
                  {"codes equal", ""},
                  {"SQNR dB", ""},
                  {"cosine", ""},
                  {"labels right", ""}});
  if (!result.judgements.empty())
    rows.push_back(row_of("before training", result.judgements.front(), has_codes));
  if (result.conversion)
    rows.push_back(row_of("conversion alone", *result.conversion, has_codes));
  if (const Judgement* best = best_of_training(result, options))
    rows.push_back(row_of("training at its best", *best, has_codes));
  if (result.best)
    rows.push_back(row_of("written", *result.best, has_codes));
  std::vector<std::string> warnings;
  Json json = {{"rows", rows}};
  json["verdict"] = verdict_of(result, has_codes, options, warnings);
  if (result.best && zeros && std::fabs(result.best->zeros - result.asked_zeros) > kNear) {
    warnings.push_back(
        "zeros: " + percent(result.asked_zeros) + " asked, " + percent(result.best->zeros) +
        " of all weights reached; layers outside the scopes, or in float32, have none");
  }
  if (asked.filters > 0) {
    json["filters"] = {{"asked", asked.filters}, {"reached", asked.filters_removed}};
  }
  json["warnings"] = warnings;
  return json;
}

std::string to_text(const Json& outcome) {
  const Json& rows = outcome.at("rows");
  std::vector<std::string> keys;
  for (const auto& [key, value] : rows[0].items()) {
    bool any = key == "what";
    for (const Json& row : rows)
      any = any || !row.at(key).get<std::string>().empty();
    if (any)
      keys.push_back(key);
  }
  std::string text;
  const auto add = [&](const std::string& key, const std::string& value) {
    constexpr std::size_t kWhat = 22;
    constexpr std::size_t kCell = 13;
    if (key == "what") {
      text += first_columns(value, kWhat);
      return;
    }
    text += std::string(kCell - std::min(kCell, value.size()), ' ') + value;
  };
  for (const std::string& key : keys)
    add(key, key == "what" ? "on split dev" : key);
  text += "\n";
  for (const Json& row : rows) {
    for (const std::string& key : keys)
      add(key, row.at(key).get<std::string>());
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
  }
  if (outcome.contains("filters")) {
    const Json& filters = outcome.at("filters");
    text += "filters: " + percent(filters.at("asked").get<double>()) + " asked, " +
            percent(filters.at("reached").get<double>()) + " gone\n";
  }
  bool warned = false;
  for (const Json& warning : outcome.at("warnings")) {
    warned = warned || warning == outcome.at("verdict");
    text += wrapped("warning: ", "  ", warning.get<std::string>(), kColumns);
  }
  if (!warned)
    text += wrapped("", "", outcome.at("verdict").get<std::string>(), kColumns);
  return text;
}

}  // namespace edgy::converter::finetune
