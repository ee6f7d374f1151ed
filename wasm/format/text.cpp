#include "wasm/format/text.h"

#include <charconv>

namespace edgy {

void append_text(std::string& out, int64_t number) {
  char digits[24];
  const std::to_chars_result end = std::to_chars(digits, digits + sizeof(digits), number);
  out.append(digits, end.ptr);
}

void append_text(std::string& out, std::span<const int64_t> numbers) {
  out.push_back('[');
  for (std::size_t i = 0; i < numbers.size(); i++) {
    if (i > 0) {
      out.append(", ");
    }
    append_text(out, numbers[i]);
  }
  out.push_back(']');
}

}  // namespace edgy
