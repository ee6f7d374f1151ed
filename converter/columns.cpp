#include "converter/columns.h"

#include <sstream>
#include <vector>

#include "converter/text.h"

namespace edgy::converter {
namespace {

/// Where characters of valid UTF-8 begin; last, where the text ends.
std::vector<std::size_t> beginnings(std::string_view text) {
  std::vector<std::size_t> result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xc0) != 0x80)
      result.push_back(at);
  }
  result.push_back(text.size());
  return result;
}

}  // namespace

std::string first_columns(std::string_view text, std::size_t width) {
  std::string shown = escaped(text);
  const std::vector<std::size_t> at = beginnings(shown);
  const std::size_t length = at.size() - 1;
  if (length > width)
    return shown.substr(0, at[width]);
  return shown.append(width - length, ' ');
}

std::string last_columns(std::string_view text, std::size_t width) {
  const std::string shown = escaped(text);
  const std::vector<std::size_t> at = beginnings(shown);
  const std::size_t length = at.size() - 1;
  return length > width ? ".." + shown.substr(at[length - width + 2]) : first_columns(shown, width);
}

std::string wrapped(const std::string& first, const std::string& rest, const std::string& text,
                    int columns) {
  std::string result;
  std::string line = first;
  bool empty = true;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (!empty && static_cast<int>(line.size() + 1 + word.size()) > columns) {
      result += line + "\n";
      line = rest;
      empty = true;
    }
    line += (empty ? "" : " ") + word;
    empty = false;
  }
  return result + line + "\n";
}

}  // namespace edgy::converter
