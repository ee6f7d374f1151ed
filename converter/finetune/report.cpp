#include "converter/finetune/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include "converter/html.h"

namespace edgy::converter::finetune {
namespace {

using Json = nlohmann::ordered_json;
using Points = std::vector<std::pair<double, double>>;

constexpr double kWidth = 640;
constexpr double kHeight = 200;
constexpr double kLeft = 56;
constexpr double kBottom = 24;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, std::fabs(value) < 1e-3 && value != 0 ? "%.1e" : "%.4g", value);
  return text;
}

/// One curve with its axes; `logarithmic` for what falls by orders of magnitude.
std::string curve(const std::string& title, const std::string& axis, Points points,
                  bool logarithmic) {
  if (points.empty())
    return {};
  const auto scaled = [&](double y) { return logarithmic ? std::log10(std::max(y, 1e-12)) : y; };
  double low = scaled(points[0].second);
  double high = low;
  for (const auto& [x, y] : points) {
    low = std::min(low, scaled(y));
    high = std::max(high, scaled(y));
  }
  if (high - low < 1e-9) {
    low -= 0.5;
    high += 0.5;
  }
  const double last = std::max(points.back().first, 1.0);
  const auto at_x = [&](double x) { return kLeft + (kWidth - kLeft - 8) * x / last; };
  const auto at_y = [&](double y) {
    return 8 + (kHeight - kBottom - 8) * (high - scaled(y)) / (high - low);
  };
  std::string path;
  for (const auto& [x, y] : points) {
    char text[48];
    std::snprintf(text, sizeof text, "%s%.1f %.1f", path.empty() ? "M" : "L", at_x(x), at_y(y));
    path += text;
  }
  const auto label = [&](double value) {
    return number(logarithmic ? std::pow(10, value) : value);
  };
  char svg[1024];
  std::snprintf(svg, sizeof svg,
                "<figure><figcaption>%s</figcaption><svg viewBox='0 0 %.0f %.0f' role='img' "
                "aria-label='%s, last value %s'><path class='axis' d='M%.0f 8V%.0fH%.0f'/>"
                "<text x='%.0f' y='16' class='end'>%s</text><text x='%.0f' y='%.0f' "
                "class='end'>%s</text><text x='%.0f' y='%.0f' class='end'>%s %s</text>",
                title.c_str(), kWidth, kHeight, title.c_str(), number(points.back().second).c_str(),
                kLeft, kHeight - kBottom, kWidth - 8, kLeft - 6, label(high).c_str(), kLeft - 6,
                kHeight - kBottom, label(low).c_str(), kWidth - 8, kHeight - 6, axis.c_str(),
                number(last).c_str());
  return std::string(svg) + "<path class='line' d='" + path + "'/></svg></figure>\n";
}

/// At most some hundred points: means of equal stretches.
Points steps_of(const Json& values) {
  constexpr std::size_t kMost = 400;
  Points points;
  const std::size_t count = values.size();
  const std::size_t stretch = std::max<std::size_t>(1, (count + kMost - 1) / kMost);
  for (std::size_t i = 0; i < count; i += stretch) {
    double sum = 0;
    const std::size_t end = std::min(i + stretch, count);
    for (std::size_t k = i; k < end; ++k)
      sum += values[k].get<double>();
    points.emplace_back(static_cast<double>(end), sum / static_cast<double>(end - i));
  }
  return points;
}

Points dev_of(const Json& log, const char* key) {
  Points points;
  for (const Json& judgement : log.value("dev", Json::array()))
    points.emplace_back(judgement.at("step").get<double>(), judgement.at(key).get<double>());
  return points;
}

std::string table(const Json& rows) {
  if (rows.empty())
    return {};
  std::string html = "<table><thead><tr>";
  for (const auto& [key, value] : rows[0].items())
    html += "<th scope='col'>" + escape_html(key) + "</th>";
  html += "</tr></thead><tbody>";
  for (const Json& row : rows) {
    html += "<tr>";
    for (const auto& [key, value] : row.items()) {
      html += "<td>" +
              escape_html(value.is_string()   ? value.get<std::string>()
                          : value.is_number() ? number(value.get<double>())
                                              : value.dump()) +
              "</td>";
    }
    html += "</tr>";
  }
  return html + "</tbody></table>\n";
}

constexpr char kStyle[] =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1f24;background:#fff}h1{font-size:1.6rem}figure{margin:1.5rem 0}"
    "figcaption{font-weight:600}svg{width:100%;height:auto}svg text{font-size:12px;fill:#57606a}"
    ".end{text-anchor:end}.axis{fill:none;stroke:#8c959f}.line{fill:none;stroke:#0a69da;"
    "stroke-width:2}table{border-collapse:collapse;width:100%;font-size:.9rem}"
    "td,th{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #d0d7de}"
    "td+td{text-align:right}th+th{text-align:right}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}"
    "svg text{fill:#9198a1}.line{stroke:#58a6ff}td,th{border-color:#30363d}}";

}  // namespace

std::string training_report(const Json& log) {
  std::string html =
      "<!doctype html>\n<html lang='en'><meta charset='utf-8'>"
      "<meta name='viewport' content='width=device-width'><title>Fine-tuning</title><style>";
  html += std::string(kStyle) + "</style>\n<h1>Fine-tuning</h1>\n";
  if (log.contains("outcome")) {
    const Json& outcome = log.at("outcome");
    html += "<h2>Asked and reached, on split dev</h2>\n" + table(outcome.at("rows"));
    html += "<p>" + escape_html(outcome.at("verdict").get<std::string>()) + "</p>\n";
    for (const Json& warning : outcome.at("warnings")) {
      if (warning != outcome.at("verdict"))
        html += "<p>" + escape_html(warning.get<std::string>()) + "</p>\n";
    }
  }
  const Json dev = log.value("dev", Json::array());
  if (!dev.empty()) {
    html += "<h2>On recordings it did not train on</h2>\n" + table(dev);
    html +=
        curve("Same nearest codes as the original", "step", dev_of(log, "code_agreement"), false);
    html += curve("Signal to error of the output, dB", "step", dev_of(log, "sqnr_db"), false);
  }
  html += "<h2>Training</h2>\n";
  html += curve("Loss", "step", steps_of(log.value("loss", Json::array())), true);
  html +=
      curve("Zero weights, share", "step", steps_of(log.value("sparsity", Json::array())), false);
  html +=
      curve("Learning rate", "step", steps_of(log.value("learning_rate", Json::array())), false);
  if (log.contains("layers"))
    html += "<h2>Layers</h2>\n" + table(log.at("layers"));
  if (log.contains("settings"))
    html += "<h2>Settings</h2>\n" + table(log.at("settings"));
  return html + "</html>\n";
}

}  // namespace edgy::converter::finetune
