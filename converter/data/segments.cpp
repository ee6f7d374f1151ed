#include "converter/data/segments.h"

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "converter/error.h"

namespace edgy::converter {
namespace {

bool parse_number(const std::string& text, double& value) {
  char* end = nullptr;
  value = std::strtod(text.c_str(), &end);
  return end != text.c_str() && *end == '\0' && std::isfinite(value);
}

}  // namespace

std::vector<Segment> read_segments(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file)
    throw Error(path.string() + ": can not be read");
  std::vector<Segment> segments;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty())
      continue;
    const std::size_t first = line.find('\t');
    const std::size_t second = first == std::string::npos ? first : line.find('\t', first + 1);
    Segment segment;
    const bool parsed = second != std::string::npos &&
                        parse_number(line.substr(0, first), segment.begin) &&
                        parse_number(line.substr(first + 1, second - first - 1), segment.end);
    const double before = segments.empty() ? 0 : segments.back().end;
    // Written with a few decimals, neighbours may overlap by their rounding.
    constexpr double kRounding = 1e-3;
    if (!parsed || segment.begin < before - kRounding || segment.end < segment.begin) {
      throw Error(path.string() + ":" + std::to_string(number) +
                  ": is no segment: write begin and end in seconds and a label, separated by tabs, "
                  "each segment after the one before");
    }
    segment.label = line.substr(second + 1);
    segments.push_back(std::move(segment));
  }
  return segments;
}

std::vector<std::string> labels_of_frames(const std::vector<Segment>& segments, std::size_t count,
                                          double seconds) {
  std::vector<std::string> labels(count);
  std::size_t next = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double middle = (static_cast<double>(i) + 0.5) * seconds / static_cast<double>(count);
    while (next < segments.size() && segments[next].end <= middle)
      ++next;
    if (next < segments.size() && segments[next].begin <= middle)
      labels[i] = segments[next].label;
  }
  return labels;
}

}  // namespace edgy::converter
