// What may be shown of names that a file holds.
#include "converter/text.h"

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace edgy::converter {
namespace {

TEST_CASE("what a terminal obeys is spelled out, all else stays", "[text]") {
  CHECK(escaped("/net/Conv_1") == "/net/Conv_1");
  CHECK(escaped("gr\xc3\xbc\xc3\x9f \xe6\xbc\xa2 \xf0\x9f\x98\x80") ==
        "gr\xc3\xbc\xc3\x9f \xe6\xbc\xa2 \xf0\x9f\x98\x80");
  CHECK(escaped("a\nb\tc\rd") == "a\\nb\\tc\\rd");
  CHECK(escaped(std::string("\x1b[31m\x7f\0z", 8)) == "\\x1b[31m\\x7f\\x00z");
  CHECK(escaped("\xc2\x9b"
                "31m") == "\\u009b31m");  // CSI in one character
  CHECK(escaped("a\xe2\x80\xae"
                "cod") == "a\\u202ecod");  // right to left from here
  CHECK(escaped("\xe2\x80\xa8") == "\\u2028");
  CHECK(in_quotes("x'y\n") == "'x'y\\n'");
}

TEST_CASE("bytes that are no UTF-8 are spelled out one by one", "[text]") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"\xff", "\\xff"},
      {"a\x80z", "a\\x80z"},                         // no lead
      {"\xc3", "\\xc3"},                             // cut off
      {"\xc0\xaf", "\\xc0\\xaf"},                    // longer than needed
      {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},           // longer than needed
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // a surrogate
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // above U+10FFFF
      {"\xe2\x80", "\\xe2\\x80"}};
  for (const auto& [text, shown] : cases) {
    CHECK_FALSE(is_utf8(text));
    CHECK(escaped(text) == shown);
  }
}

TEST_CASE("whatever comes in, what goes out is UTF-8 and stays when escaped again", "[text]") {
  const unsigned seed = 7;
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 2000; ++i) {
    std::string text(random() % 12, ' ');
    for (char& c : text)
      c = static_cast<char>(random() % 3 == 0 ? random() % 128 : 0x80 + random() % 128);
    const std::string once = escaped(text);
    CHECK(is_utf8(once));
    CHECK(escaped(once) == once);
  }
}

}  // namespace
}  // namespace edgy::converter
