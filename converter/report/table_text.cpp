#include "converter/report/table_text.h"

#include <algorithm>

namespace edgy::converter {

std::string tail(const std::string& name, std::size_t width) {
  std::string text = name.size() <= width ? name : ".." + name.substr(name.size() - width + 2);
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');
  return text;
}

}  // namespace edgy::converter
