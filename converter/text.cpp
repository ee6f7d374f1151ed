#include "converter/text.h"

#include <cstddef>
#include <cstdint>

namespace edgy::converter {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

/// One character of UTF-8, or one byte that belongs to none.
struct Character {
  std::size_t bytes = 1;
  uint32_t code = 0;
  bool valid = false;
};

Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80)
    return {1, lead, true};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes)
    return {};
  uint32_t code = lead & (0x7Fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80)
      return {};
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kLeast[bytes] || code > 0x10FFFF || surrogate)
    return {};
  return {bytes, code, true};
}

bool is_plain(uint32_t code) {
  const bool control = code < 0x20 || (code >= 0x7F && code <= 0x9F);
  const bool separates_lines = code == 0x2028 || code == 0x2029;
  const bool turns_direction = code == 0x061C || code == 0x200E || code == 0x200F ||
                               (code >= 0x202A && code <= 0x202E) ||
                               (code >= 0x2066 && code <= 0x2069);
  return !control && !separates_lines && !turns_direction;
}

void append_escape(std::string& out, uint32_t code, bool is_byte) {
  if (code == '\n' || code == '\t' || code == '\r') {
    out += code == '\n' ? "\\n" : code == '\t' ? "\\t" : "\\r";
    return;
  }
  out += is_byte || code < 0x80 ? "\\x" : "\\u";
  for (int shift = is_byte || code < 0x80 ? 4 : 12; shift >= 0; shift -= 4)
    out += kDigits[code >> shift & 0xF];
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!character.valid)
      return false;
    text.remove_prefix(character.bytes);
  }
  return true;
}

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!character.valid)
      append_escape(out, static_cast<uint8_t>(text[0]), true);
    else if (is_plain(character.code))
      out += text.substr(0, character.bytes);
    else
      append_escape(out, character.code, false);
    text.remove_prefix(character.bytes);
  }
  return out;
}

std::string in_quotes(std::string_view text) {
  return "'" + escaped(text) + "'";
}

}  // namespace edgy::converter
