#include "converter/html.h"

#include "converter/text.h"

namespace edgy::converter {

std::string escape_html(const std::string& text) {
  std::string out;
  for (const char c : escaped(text)) {
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
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace edgy::converter
