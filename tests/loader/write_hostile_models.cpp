// Writes the table of hostile models for tests in browsers: a JSON list of rows with a name, the
// outcome of the native runtime, the bytes of its outputs one after the other (of 64 kB at most,
// else none are given) and the file, both in base64. Usage: write_hostile_models FILE.json
#include <cstdio>
#include <fstream>

#include "tests/loader/attempt.h"
#include "tests/loader/hostile_models.h"

namespace {

std::string base64(const std::vector<uint8_t>& bytes) {
  constexpr const char* kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      text.push_back(i + k > bytes.size() ? '=' : kDigits[group >> (18 - 6 * k) & 63]);
  }
  return text;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: write_hostile_models FILE.json\n", stderr);
    return 2;
  }
  std::ofstream out(arguments[1]);
  const char* separator = "[\n";
  constexpr std::size_t kMostShown = 1 << 16;
  for (const edgy::tests::HostileModel& row : edgy::tests::hostile_models()) {
    const edgy::tests::Attempt found = edgy::tests::attempt(row.bytes);
    out << separator << R"({"name":")" << row.name << R"(","outcome":")" << found.code;
    if (found.outputs.size() <= kMostShown)
      out << R"(","outputs":")" << base64(found.outputs);
    out << R"(","file":")" << base64(row.bytes) << "\"}";
    separator = ",\n";
  }
  out << "\n]\n";
  return out.flush() ? 0 : 1;
}
