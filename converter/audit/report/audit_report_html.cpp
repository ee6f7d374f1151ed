#include <cmath>
#include <cstdio>

#include "converter/audit/report/audit_report.h"
#include "converter/audit/report/report_groups.h"
#include "converter/html.h"

namespace edgy::converter {
namespace {

std::string number(double value, const char* format = "%.1f") {
  if (std::isnan(value))
    return "&ndash;";
  char text[24];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// A horizontal bar with its confidence interval and a tick where guessing stands.
std::string bar(double value, double low, double high, double chance, const char* kind) {
  char svg[700];
  std::snprintf(
      svg, sizeof svg,
      "<svg viewBox='0 0 200 14' preserveAspectRatio='none' class='%s' role='img' "
      "aria-label='%.1f %%, chance %.1f %%'>"
      "<rect class='track' width='200' height='14'/><rect class='value' width='%.1f' height='14'/>"
      "<line class='interval' x1='%.1f' x2='%.1f' y1='7' y2='7'/>"
      "<line class='chance' x1='%.1f' x2='%.1f' y1='0' y2='14'/></svg>",
      kind, 100 * value, 100 * chance, 200 * value, 200 * low, 200 * high, 200 * chance,
      200 * chance);
  return svg;
}

std::string heading(const ReportGroup& group) {
  const Measure& m = *group.lines.front().measure;
  std::string text = "<h2>";
  text += group.question == "who speaks"     ? "Who speaks?"
          : group.question == "woman or man" ? "A woman or a man?"
                                             : "What was said?";
  text += " <small>" + escape_html(group.corpus) + "</small></h2><p class='about'>" +
          std::to_string(m.count) + " recordings";
  if (m.units != m.count)
    text += " of " + std::to_string(m.units) + " voices";
  text += "; guessing the most frequent answer is right for " + number(100 * m.chance) + "&nbsp;%.";
  if (group.seen)
    text += " Some of these recordings may have trained the model.";
  return text + "</p>";
}

/// What stands beside a leak: found without anything to find, and by more recordings.
std::string controls(const ReportLine& line) {
  std::string html = "<td class='number'>";
  if (line.attack->shuffled)
    html += number(100 * *line.attack->shuffled);
  html += "</td><td class='number'>";
  for (const AtOnceResult& several : line.attack->at_once) {
    html += std::to_string(several.recordings) + ": " + number(100 * several.measure.value) + " ";
  }
  return html + "</td><td class='number'>" + number(line.measure->rank_bits, "%.2f") + " of " +
         number(line.measure->rank_chance, "%.2f") + "</td>";
}

std::string table(const ReportGroup& group, bool several) {
  std::string html =
      "<div class='wide'><table><thead><tr><th>Given</th><th>Model</th><th class='chart'></th>"
      "<th class='number'>%</th><th class='number'>95&nbsp;% interval</th>";
  if (group.leak)
    html +=
        "<th class='number'>shuffled</th><th class='number'>several at once</th>"
        "<th class='number'>rank, bits</th>";
  if (several)
    html += "<th class='number'>to the first model</th>";
  html += "</tr></thead><tbody>\n";
  for (const ReportLine& line : group.lines) {
    const Measure& m = *line.measure;
    html += "<tr><td>" + escape_html(line.representation) + "</td><td>" + escape_html(line.model) +
            "</td><td class='chart'>" +
            bar(m.value, m.low, m.high, m.chance, group.leak ? "leak" : "keep") +
            "</td><td class='number'>" + number(100 * m.value) + "</td><td class='number'>" +
            number(100 * m.low) + " to " + number(100 * m.high) + "</td>";
    if (group.leak)
      html += controls(line);
    if (several) {
      html += "<td class='number'>";
      if (line.difference) {
        html += number(100 * line.difference->value, "%+.1f") + " (" +
                number(100 * line.difference->low, "%+.1f") + " to " +
                number(100 * line.difference->high, "%+.1f") + ")";
      }
      html += "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string verification_table(const std::vector<ModelAudit>& audits) {
  std::string html =
      "<h2>The same voice?</h2><p class='about'>Pairs of recordings, or of so many taken together, "
      "scored by cosine, as they are or in the space that tells other voices apart; the stronger "
      "is "
      "shown. Equal error rate: 50&nbsp;% is guessing, 0 a perfect attack: short bars leak more. "
      "Recognized: pairs of one voice where 1&nbsp;% of the others are let in; guessing: 1.</p>"
      "<div class='wide'><table><thead><tr><th>Given</th><th>Model</th>"
      "<th>Corpus</th><th class='number'>recordings</th><th class='chart'></th>"
      "<th class='number'>%</th><th class='number'>95&nbsp;% interval</th>"
      "<th class='number'>recognized</th><th class='number'>95&nbsp;% interval</th>"
      "<th class='number'>pairs</th></tr></thead><tbody>\n";
  for (const VerificationLine& line : verification_lines(audits)) {
    const auto cell = [&](const std::string& text) {
      html += "<td class='number'>" + text + "</td>";
    };
    const auto interval = [](const Rate& rate) {
      return number(100 * rate.low) + " to " + number(100 * rate.high);
    };
    const Verification& found = line.result->stronger();
    const Rate& error = found.equal_error;
    const bool known = !std::isnan(error.low);
    html += "<tr><td>" + escape_html(line.representation) + "</td><td>" + escape_html(line.model) +
            "</td><td>" + escape_html(line.result->corpus) + "</td>";
    cell(std::to_string(line.result->recordings));
    html += "<td class='chart'>" +
            bar(error.value, known ? error.low : error.value, known ? error.high : error.value, 0.5,
                "error") +
            "</td>";
    cell(number(100 * error.value));
    cell(interval(error));
    cell(number(100 * found.recognized.value));
    cell(interval(found.recognized));
    cell(std::to_string(found.pairs));
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

/// "98.3 %" of the worst line of the first group about voices: what the page says first.
std::string verdict(const std::vector<ReportGroup>& groups) {
  const ReportLine* codes = nullptr;
  const ReportGroup* of = nullptr;
  for (const ReportGroup& group : groups) {
    if (group.question != "who speaks")
      continue;
    for (const ReportLine& line : group.lines) {
      if (line.model != "any" && !line.text_alone &&
          (!codes || line.measure->value - line.measure->chance >
                         codes->measure->value - codes->measure->chance)) {
        codes = &line;
        of = &group;
      }
    }
  }
  if (!codes)
    return "";
  const Measure& m = *codes->measure;
  std::string text =
      "<p class='verdict'>From <b>" + escape_html(codes->representation) + "</b> of " +
      escape_html(codes->model) + ", a simple attacker names the speaker right in <b>" +
      number(100 * m.value) + "&nbsp;%</b> of " + std::to_string(m.count) + " recordings (" +
      escape_html(of->corpus) + "; guessing: " + number(100 * m.chance) + "&nbsp;%). ";
  text += m.low > m.chance ? "This output gives the speaker away."
                           : "That is within what guessing reaches.";
  return text + "</p>";
}

constexpr const char* kStyle = R"(
:root{color-scheme:light dark;--ink:#10201f;--paper:#f3f6f6;--sheet:#fff;--muted:#566866;--line:#d3dddc;--leak:#b3402a;--keep:#0b6e60}
@media(prefers-color-scheme:dark){:root{--ink:#e8f0ee;--paper:#0c1515;--sheet:#131f1f;--muted:#9bb0ad;--line:#2a3a39;--leak:#f08a70;--keep:#55c7ae}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:70rem;margin:2.5rem auto;padding:0 1.25rem}
h1{font-size:2.25rem;line-height:1.1;letter-spacing:-.02em;margin:0 0 1rem}
h2{font-size:1.25rem;margin:2.5rem 0 .25rem}h2 small{font-weight:400;color:var(--muted)}
p{max-width:62ch;margin:.5rem 0}.about{color:var(--muted);margin:.1rem 0 .6rem}.verdict{font-size:1.2rem;line-height:1.4}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);white-space:nowrap}
th{font-weight:400;color:var(--muted);font-size:.9rem}
.number{text-align:right}td.chart{width:38%;min-width:10rem}svg{display:block;width:100%;height:.85rem}
.track{fill:var(--line)}.leak .value,.error .value{fill:var(--leak)}.keep .value{fill:var(--keep)}
.interval{stroke:var(--ink);stroke-width:2}.chance{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:3 2}
.wide{overflow-x:auto})";

}  // namespace

std::string to_html(const std::vector<ModelAudit>& audits, const std::string& data) {
  const std::vector<ReportGroup> groups = group_by_question(audits);
  std::string html =
      "<!doctype html><html lang='en'><meta charset='utf-8'>"
      "<meta name='viewport' content='width=device-width,initial-scale=1'>"
      "<title>Leakage audit</title><style>";
  html += kStyle;
  html += "</style><h1>What a listener learns</h1>";
  html += verdict(groups);
  html +=
      "<p>Simple attackers (logistic regression and a perceptron with one hidden layer, given what "
      "is pooled over time and, of codes, also how long they last and which follow which; a small "
      "network that reads codes in order) are trained on each representation and judged on "
      "recordings that they have not seen; the strongest is shown. Length alone, text alone (one "
      "synthetic voice) and shuffled speakers say what is found without a voice. Speakers are "
      "cross-validated by recording; sex "
      "by speaker, so that the judged voices are new. The dashed tick is guessing, the thin line "
      "the 95&nbsp;% interval. <b>a &lt; b</b>: judged on a, trained on b.</p><p>Data: " +
      escape_html(data) + ".</p>\n";
  for (const ReportGroup& group : groups)
    html += heading(group) + table(group, audits.size() > 1);
  return html + verification_table(audits) + "</html>\n";
}

}  // namespace edgy::converter
