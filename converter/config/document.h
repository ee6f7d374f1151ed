// JSON as people write it: comments, trailing commas, and a place for every value.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace edgy::converter {

/// A place in a text, line and column (of bytes) from 1; 0: unknown.
struct Position {
  int line = 0;
  int column = 0;
};

/// Something about a file that its author should know.
struct Diagnostic {
  Position at;
  std::string message;
};

/// The order of messages about one file.
bool is_before(const Diagnostic& a, const Diagnostic& b);

/// "file.json:3:14: message"; without a position "file.json: message".
std::string to_string(const Diagnostic& diagnostic, const std::string& origin);

/// A parsed text and where in it things are.
// NOLINTNEXTLINE(bugprone-exception-escape): moving a JSON value only asserts
class JsonDocument {
 public:
  /// Members by name: in their own order they take quadratic time to read.
  using Json = nlohmann::json;
  static constexpr int kMaxDepth = 64;
  static constexpr std::size_t kMostBytes = 16 << 20;

  /// Reads JSON with // and /* */ comments, which JSON does not have but its writers do, and commas
  /// before a closing bracket, which are reported in repairs(). Throws Error with line and column
  /// for anything else that is no JSON or no number that a double holds, for nesting deeper than
  /// kMaxDepth, and for more than kMostBytes.
  static JsonDocument parse(std::string_view text, const std::string& origin);

  const Json& root() const { return root_; }
  const std::string& origin() const { return origin_; }

  /// Trailing commas and keys that occur twice in an object (the last one counts).
  const std::vector<Diagnostic>& repairs() const { return repairs_; }

  /// Where the value at `path` ("compression.params.schedule", "compression[1].bits") begins; for a
  /// member of an object, where its key does. Unknown for a path that the text does not have. Takes
  /// time in proportion to the text: it is for messages.
  Position position(const std::string& path) const;

 private:
  Json root_;
  std::string origin_;
  std::string text_;  ///< strict JSON, every value where it is in the file
  std::vector<Diagnostic> repairs_;
};

/// `path` extended by a member of an object.
std::string member_path(const std::string& path, const std::string& key);
/// `path` extended by an element of a list.
std::string element_path(const std::string& path, std::size_t index);

}  // namespace edgy::converter
