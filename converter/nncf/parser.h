// Reads NNCF's JSON.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "converter/nncf/config.h"

namespace edgy::converter::nncf {

/// A place in a file, both from 1; 0: unknown.
struct Position {
  int line = 0;
  int column = 0;
};

/// Something about a configuration that its author should know.
struct Diagnostic {
  Position at;
  std::string message;
};

/// "file.json:3:14: message".
std::string to_string(const Diagnostic& diagnostic, const std::string& origin);

struct ParsedNncf {
  NncfConfig config;
  /// What was repaired, ignored or understood in other words than NNCF's.
  std::vector<Diagnostic> warnings;
  /// Settings that the file states, as "compression[0].params.schedule" in today's spelling: all
  /// others are defaults.
  std::set<std::string> given;
};

/// True for a configuration of NNCF: an object with the key "compression" (comments and trailing
/// commas are no hindrance; false for what is no JSON).
bool is_nncf(std::string_view json);

/// Reads JSON with comments, trailing commas and numbers in strings, one algorithm or a list, in
/// the spellings of NNCF 1.x and 2.x. Unknown keys become warnings that name the nearest known key.
/// Throws Error that lists every wrong value with line, column, path, what was found and what would
/// be right; `origin` is the file's name in messages.
ParsedNncf parse(std::string_view json, const std::string& origin);
ParsedNncf read(const std::filesystem::path& path);

}  // namespace edgy::converter::nncf
