#include "converter/audit/report/audit_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "converter/audit/report/report_groups.h"
#include "converter/columns.h"

namespace edgy::converter {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) {
  return std::isnan(value) ? Json() : Json(value);
}

/// "logistic regression" -> "logistic_regression"
std::string key_of(std::string name) {
  std::ranges::replace(name, ' ', '_');
  return name;
}

Json at_once_json(const AttackResult& result) {
  Json list = Json::array();
  for (const AtOnceResult& several : result.at_once) {
    Json entry = {{"recordings", several.recordings}};
    entry.update(converter::to_json(several.measure));
    list.push_back(std::move(entry));
  }
  return list;
}

Json to_json(const std::vector<AttackResult>& results) {
  Json list = Json::array();
  for (const AttackResult& result : results) {
    Json entry = {{"corpus", result.corpus}, {"seen", result.seen}};
    for (const AttackerResult& attacker : result.attackers) {
      Json figures = converter::to_json(attacker.measure);
      figures["seeds"] = attacker.seeds;
      entry[key_of(attacker.name)] = std::move(figures);
    }
    if (result.shuffled)
      entry["shuffled"] = *result.shuffled;
    entry["at_once"] = at_once_json(result);
    list.push_back(std::move(entry));
  }
  return list;
}

Json to_json(const Verification& verification) {
  return {{"equal_error_rate", number(verification.equal_error.value)},
          {"low", number(verification.equal_error.low)},
          {"high", number(verification.equal_error.high)},
          {"recognized", number(verification.recognized.value)},
          {"recognized_low", number(verification.recognized.low)},
          {"recognized_high", number(verification.recognized.high)},
          {"speakers", verification.speakers},
          {"pairs", verification.pairs}};
}

Json to_json(const std::vector<VerificationResult>& results) {
  Json list = Json::array();
  for (const VerificationResult& result : results) {
    Json entry = {
        {"corpus", result.corpus}, {"seen", result.seen}, {"recordings", result.recordings}};
    entry.update(to_json(result.stronger()));
    entry["untrained"] = to_json(result.untrained);
    if (result.trained)
      entry["trained"] = to_json(*result.trained);
    list.push_back(std::move(entry));
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
      entry["attacker"] = line.attack->strongest().name;
      if (line.attack->shuffled)
        entry["shuffled"] = *line.attack->shuffled;
      entry["at_once"] = at_once_json(*line.attack);
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

/// printf to a stream; a line at most.
template <typename... Values>
void print(std::ostream& out, const char* format, Values... values) {
  char text[240];
  std::snprintf(text, sizeof text, format, values...);
  out << text;
}

void print_line(const ReportLine& line, bool leak, std::ostream& out) {
  const Measure& m = *line.measure;
  print(out, "  %-27.27s %-19.19s %5.1f %5.1f-%5.1f", line.representation.c_str(),
        line.model.c_str(), 100 * m.value, 100 * m.low, 100 * m.high);
  if (line.difference)
    print(out, " %+6.1f", 100 * line.difference->value);
  out << "\n";
  if (!leak || line.attack->at_once.empty())
    return;
  print(out, "    rank %.2f of %.2f bits", m.rank_bits, m.rank_chance);
  if (line.attack->shuffled)
    print(out, "; shuffled %.1f", 100 * *line.attack->shuffled);
  for (const AtOnceResult& several : line.attack->at_once)
    print(out, "; %d at once %.1f", several.recordings, 100 * several.measure.value);
  out << "\n";
}

void print_verification(const std::vector<ModelAudit>& audits, std::ostream& out) {
  out << "Is it the same voice? Equal error rate (50 is chance, 0 a perfect attack) and\n"
         "share recognized where 1 % of others are let in (1 is chance), by n recordings\n";
  print(out, "  %-27s %-19s %-11s %3s %5s %6s\n", "given", "model", "corpus", "n", "error",
        "recog.");
  for (const VerificationLine& line : verification_lines(audits)) {
    const Verification& stronger = line.result->stronger();
    print(out, "  %-27.27s %-19.19s %-11.11s %3d %5.1f %6.1f\n", line.representation.c_str(),
          line.model.c_str(), line.result->corpus.c_str(), line.result->recordings,
          100 * stronger.equal_error.value, 100 * stronger.recognized.value);
  }
}

void print_rates(const std::vector<ModelAudit>& audits, std::ostream& out) {
  for (const ModelAudit& audit : audits) {
    for (const Leakage& leakage : audit.representations) {
      if (leakage.codes_per_second) {
        print(out, "  %-27.27s %-19.19s %6.1f codes, %6.1f bits a second\n",
              leakage.representation.c_str(), audit.model.c_str(), *leakage.codes_per_second,
              *leakage.bits_per_second);
      }
    }
  }
}

}  // namespace

Json to_json(const Measure& measure) {
  return {{"value", measure.value},         {"low", measure.low},
          {"high", measure.high},           {"chance", measure.chance},
          {"count", measure.count},         {"units", measure.units},
          {"rank_bits", measure.rank_bits}, {"rank_chance", measure.rank_chance}};
}

Json to_json(const std::vector<ModelAudit>& audits) {
  Json models = Json::array();
  for (const ModelAudit& audit : audits) {
    Json representations = Json::array();
    for (const Leakage& leakage : audit.representations) {
      Json entry = {
          {"name", leakage.representation},      {"text_alone", leakage.text_alone},
          {"speaker", to_json(leakage.speaker)}, {"sex", to_json(leakage.sex)},
          {"content", to_json(leakage.content)}, {"verification", to_json(leakage.verification)}};
      if (leakage.codes_per_second) {
        entry["codes_per_second"] = *leakage.codes_per_second;
        entry["bits_per_second"] = *leakage.bits_per_second;
      }
      representations.push_back(std::move(entry));
    }
    models.push_back({{"model", audit.model}, {"representations", std::move(representations)}});
  }
  return {{"summary", to_json(group_by_question(audits))}, {"models", std::move(models)}};
}

void print_table(const std::vector<ModelAudit>& audits, std::ostream& out) {
  for (const ReportGroup& group : group_by_question(audits)) {
    const Measure& m = *group.lines.front().measure;
    out << group.question << ", " << group.corpus << (group.seen ? " *" : "") << "\n";
    print(out, "  %zu recordings, chance %.1f %%\n", m.count, 100 * m.chance);
    print(out, "  %-27s %-19s %5s %11s %6s\n", "given", "model", "%", "interval",
          audits.size() > 1 ? "points" : "");
    for (const ReportLine& line : group.lines)
      print_line(line, group.leak, out);
    out << "\n";
  }
  print_verification(audits, out);
  out << "\n";
  print_rates(audits, out);
  out << "\nThe strongest attacker is shown, with its 95 % interval. Who and sex: higher leaks\n"
         "more; log-mel shows what these attackers can find at all, length and text alone\n"
         "what is known without a voice, shuffled what is found where there is nothing.\n"
         "Rank: of the right speaker among the guesses, mean of log2; chance after it. What\n"
         "was said: higher is of more use. Points: to the first model, on the same rows.\n"
         "a < b: judged on a, trained on b. *: may have trained the model.\n";
}

}  // namespace edgy::converter
