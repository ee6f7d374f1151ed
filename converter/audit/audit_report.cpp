#include "converter/audit/audit_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace edgy::converter {
namespace {

using Json = nlohmann::ordered_json;

std::string percent(double share) {
  if (std::isnan(share))
    return "-";
  char text[16];
  std::snprintf(text, sizeof text, "%.1f", 100 * share);
  return text;
}

Json to_json(const Measure& measure) {
  return {{"value", measure.value},
          {"low", measure.low},
          {"high", measure.high},
          {"chance", measure.chance},
          {"count", measure.count}};
}

Json to_json(const std::vector<AttackResult>& results) {
  Json list = Json::array();
  for (const AttackResult& result : results) {
    list.push_back({{"corpus", result.corpus},
                    {"logistic_regression", to_json(result.logistic)},
                    {"perceptron", to_json(result.perceptron)}});
  }
  return list;
}

/// The stronger of the two attackers: what a visitor has to reckon with.
const Measure& worst(const AttackResult& result) {
  return result.perceptron.value > result.logistic.value ? result.perceptron : result.logistic;
}

std::string escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// A horizontal bar with its confidence interval and a tick where guessing stands.
std::string bar(const Measure& measure, const char* kind) {
  char svg[640];
  std::snprintf(
      svg, sizeof svg,
      "<svg viewBox='0 0 200 14' class='%s' role='img' aria-label='%.1f %%, chance %.1f %%'>"
      "<rect class='track' width='200' height='14'/><rect class='value' width='%.1f' height='14'/>"
      "<line class='interval' x1='%.1f' x2='%.1f' y1='7' y2='7'/>"
      "<line class='chance' x1='%.1f' x2='%.1f' y1='0' y2='14'/></svg>",
      kind, 100 * measure.value, 100 * measure.chance, 200 * measure.value, 200 * measure.low,
      200 * measure.high, 200 * measure.chance, 200 * measure.chance);
  return svg;
}

void append_rows(std::string& html, const std::string& model, const Leakage& leakage,
                 const char* question, const std::vector<AttackResult>& results, const char* kind) {
  for (const AttackResult& result : results) {
    const Measure& measure = worst(result);
    html += "<tr><td>" + escape(model) + "</td><td>" + escape(leakage.representation) +
            "</td><td>" + question + "</td><td>" + escape(result.corpus) +
            "</td><td class='chart'>" + bar(measure, kind) + "</td><td class='number'>" +
            percent(measure.value) + "</td><td class='number'>" + percent(measure.low) + "-" +
            percent(measure.high) + "</td><td class='number'>" + percent(measure.chance) +
            "</td><td class='number'>" + std::to_string(measure.count) + "</td></tr>\n";
  }
}

constexpr const char* kStyle = R"(
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fbfaf7;--line:#d9d5cb;--leak:#c2452d;--keep:#2c6e63}
@media(prefers-color-scheme:dark){:root{--ink:#e8e6e1;--paper:#15171a;--line:#34373c;--leak:#e8765f;--keep:#63b5a6}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:72rem;margin:3rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line)}
.number{text-align:right}.chart{min-width:9rem}svg{display:block;width:100%;height:.9rem}
.track{fill:var(--line)}.leak .value{fill:var(--leak)}.keep .value{fill:var(--keep)}
.interval{stroke:var(--ink);stroke-width:1.5}.chance{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:2 2}
.wide{overflow-x:auto})";

}  // namespace

Json to_json(const std::vector<ModelAudit>& audits) {
  Json list = Json::array();
  for (const ModelAudit& audit : audits) {
    Json representations = Json::array();
    for (const Leakage& leakage : audit.representations) {
      Json entry = {{"name", leakage.representation},
                    {"pooling", leakage.pooling},
                    {"speaker", to_json(leakage.speaker)},
                    {"sex", to_json(leakage.sex)},
                    {"content", to_json(leakage.content)}};
      if (!std::isnan(leakage.verification_eer))
        entry["verification_eer"] = leakage.verification_eer;
      representations.push_back(std::move(entry));
    }
    list.push_back({{"model", audit.model}, {"representations", std::move(representations)}});
  }
  return list;
}

void print_table(const std::vector<ModelAudit>& audits, std::ostream& out) {
  const auto line = [&](const std::string& name, const char* question, const std::string& corpus,
                        const Measure& m, const Measure& n) {
    char text[128];
    std::snprintf(text, sizeof text, "  %-10.10s %-8s %-22.22s %7s %7s %7s %6zu\n", name.c_str(),
                  question, corpus.c_str(), percent(m.value).c_str(), percent(n.value).c_str(),
                  percent(m.chance).c_str(), m.count);
    out << text;
  };
  for (const ModelAudit& audit : audits) {
    out << audit.model
        << "\n  given      asked    corpus                  linear     mlp  chance  rows\n";
    for (const Leakage& leakage : audit.representations) {
      for (const auto& r : leakage.speaker)
        line(leakage.representation, "who", r.corpus, r.logistic, r.perceptron);
      for (const auto& r : leakage.sex)
        line(leakage.representation, "sex", r.corpus, r.logistic, r.perceptron);
      for (const auto& r : leakage.content)
        line(leakage.representation, "content", r.corpus, r.logistic, r.perceptron);
      if (!std::isnan(leakage.verification_eer)) {
        out << "  " << leakage.representation << ": verification equal error rate "
            << percent(leakage.verification_eer) << " % (50 is chance)\n";
      }
    }
  }
  out << "All figures in per cent. Higher \"who\" and \"sex\" leak more; higher \"content\" is of "
         "more use.\n";
}

std::string to_html(const std::vector<ModelAudit>& audits, const std::string& data_description) {
  std::string html =
      "<!doctype html><html lang='en'><meta charset='utf-8'>"
      "<meta name='viewport' content='width=device-width,initial-scale=1'>"
      "<title>Leakage audit</title><style>";
  html += kStyle;
  html +=
      "</style><h1>What a listener learns</h1><p>Two simple attackers (logistic regression and a "
      "perceptron with one hidden "
      "layer) are trained on each representation, pooled over time, and judged on recordings that "
      "they have not seen; the "
      "stronger of the two is shown. Speakers are cross-validated by recording; sex by speaker, so "
      "that the judged voices are "
      "new; content is trained on split train and judged on split test. The dashed tick is "
      "guessing, the thin line the 95 % "
      "interval.</p><p>Data: " +
      escape(data_description) +
      "</p><div "
      "class='wide'><table><thead><tr><th>Model</th><th>Given</th><th>Asked</th><th>Corpus</"
      "th><th></th>"
      "<th>%</th><th>95 %</th><th>chance</th><th>rows</th></tr></thead><tbody>\n";
  for (const ModelAudit& audit : audits) {
    for (const Leakage& leakage : audit.representations) {
      append_rows(html, audit.model, leakage, "who speaks", leakage.speaker, "leak");
      append_rows(html, audit.model, leakage, "sex", leakage.sex, "leak");
      append_rows(html, audit.model, leakage, "what was said", leakage.content, "keep");
    }
  }
  html +=
      "</tbody></table></div><h2>Verification</h2><table><thead><tr><th>Model</th><th>Given</th>"
      "<th>Equal error rate, % (50 is chance)</th></tr></thead><tbody>\n";
  for (const ModelAudit& audit : audits) {
    for (const Leakage& leakage : audit.representations) {
      html += "<tr><td>" + escape(audit.model) + "</td><td>" + escape(leakage.representation) +
              "</td><td>" + percent(leakage.verification_eer) + "</td></tr>\n";
    }
  }
  html += "</tbody></table></html>\n";
  return html;
}

}  // namespace edgy::converter
