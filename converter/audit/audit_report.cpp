#include "converter/audit/audit_report.h"

#include <cmath>
#include <cstdio>

#include "converter/audit/report_groups.h"
#include "converter/columns.h"

namespace edgy::converter {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const std::vector<AttackResult>& results) {
  Json list = Json::array();
  for (const AttackResult& result : results) {
    list.push_back({{"corpus", result.corpus},
                    {"seen", result.seen},
                    {"logistic_regression", converter::to_json(result.logistic)},
                    {"perceptron", converter::to_json(result.perceptron)}});
  }
  return list;
}

Json to_json(const std::vector<VerificationResult>& results) {
  const auto number = [](double value) { return std::isnan(value) ? Json() : Json(value); };
  Json list = Json::array();
  for (const auto& [corpus, seen, rate] : results) {
    list.push_back({{"corpus", corpus},
                    {"seen", seen},
                    {"equal_error_rate", number(rate.value)},
                    {"low", number(rate.low)},
                    {"high", number(rate.high)},
                    {"speakers", rate.speakers},
                    {"pairs", rate.pairs}});
  }
  return list;
}

Json to_json(const std::vector<ReportGroup>& groups) {
  Json list = Json::array();
  for (const ReportGroup& group : groups) {
    Json lines = Json::array();
    for (const ReportLine& line : group.lines) {
      Json entry = {{"representation", line.representation}, {"model", line.model}};
      entry.update(converter::to_json(*line.measure));
      if (line.difference) {
        entry["difference"] = {{"value", line.difference->value},
                               {"low", line.difference->low},
                               {"high", line.difference->high}};
      }
      lines.push_back(std::move(entry));
    }
    list.push_back({{"question", group.question},
                    {"leak", group.leak},
                    {"corpus", group.corpus},
                    {"seen", group.seen},
                    {"lines", std::move(lines)}});
  }
  return list;
}

void print_line(const ReportLine& line, std::ostream& out) {
  char text[320];
  const Measure& m = *line.measure;
  std::snprintf(text, sizeof text, "  %s %s %6.1f   %5.1f to %5.1f",
                first_columns(line.representation, 9).c_str(),
                first_columns(line.model, 28).c_str(), 100 * m.value, 100 * m.low, 100 * m.high);
  out << text;
  if (line.difference) {
    std::snprintf(text, sizeof text, "  %+6.1f", 100 * line.difference->value);
    out << text;
  }
  out << "\n";
}

void print_verification(const std::vector<ModelAudit>& audits, std::ostream& out) {
  out << "Is it the same voice? Equal error rate in per cent (50 is chance, 0 a perfect attack)\n";
  for (const ModelAudit& audit : audits) {
    for (const Leakage& leakage : audit.representations) {
      if (leakage.input && &audit != &audits.front())
        continue;
      for (const auto& [corpus, seen, rate] : leakage.verification) {
        char text[320];
        std::snprintf(text, sizeof text, "  %s %s %s %6.1f\n",
                      first_columns(leakage.representation, 9).c_str(),
                      first_columns(leakage.input ? "any" : audit.model, 28).c_str(),
                      first_columns(corpus, 24).c_str(), 100 * rate.value);
        out << text;
      }
    }
  }
}

}  // namespace

Json to_json(const Measure& measure) {
  return {{"value", measure.value},   {"low", measure.low},     {"high", measure.high},
          {"chance", measure.chance}, {"count", measure.count}, {"units", measure.units}};
}

Json to_json(const std::vector<ModelAudit>& audits) {
  Json models = Json::array();
  for (const ModelAudit& audit : audits) {
    Json representations = Json::array();
    for (const Leakage& leakage : audit.representations) {
      representations.push_back({{"name", leakage.representation},
                                 {"speaker", to_json(leakage.speaker)},
                                 {"sex", to_json(leakage.sex)},
                                 {"content", to_json(leakage.content)},
                                 {"verification", to_json(leakage.verification)}});
    }
    models.push_back({{"model", audit.model}, {"representations", std::move(representations)}});
  }
  return {{"summary", to_json(group_by_question(audits))}, {"models", std::move(models)}};
}

void print_table(const std::vector<ModelAudit>& audits, std::ostream& out) {
  for (const ReportGroup& group : group_by_question(audits)) {
    const Measure& m = *group.lines.front().measure;
    char text[200];
    out << group.question << ", " << group.corpus << (group.seen ? " *" : "") << "\n";
    std::snprintf(text, sizeof text, "  %zu recordings, chance %.1f %%\n", m.count, 100 * m.chance);
    out << text;
    std::snprintf(text, sizeof text, "  %-9s %-28s %6s   %14s  %6s\n", "given", "model", "%",
                  "95 % interval", audits.size() > 1 ? "points" : "");
    out << text;
    for (const ReportLine& line : group.lines)
      print_line(line, out);
    out << "\n";
  }
  print_verification(audits, out);
  out << "\nThe stronger of two attackers is shown. Who and sex: higher leaks more. What was\n"
         "said: higher is of more use. Points: to the first model, on the same rows.\n"
         "a < b: judged on a, trained on b. *: may have trained the model.\n";
}

}  // namespace edgy::converter
