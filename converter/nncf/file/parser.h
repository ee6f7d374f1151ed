// Reads NNCF's JSON.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "converter/config/document.h"
#include "converter/config/object_reader.h"
#include "converter/nncf/file/config.h"

namespace edgy::converter::nncf {

struct ParsedNncf {
  NncfConfig config;
  /// What was repaired, ignored or understood in other words than NNCF's.
  std::vector<Diagnostic> warnings;
  /// What is stated to no effect, with the reason.
  std::vector<Unused> unused;
  /// Settings that the file states, as "compression[0].params.schedule" in today's spelling: all
  /// others are defaults.
  std::set<std::string> given;
};

/// True for a configuration of NNCF: an object with the key "compression", or one of NNCF's example
/// runner without it ("input_info" or "model": plain training). Comments and trailing commas are no
/// hindrance; false for what is no JSON.
bool is_nncf(std::string_view json);

/// Reads JSON with comments, trailing commas and numbers in strings, one algorithm or a list, in
/// the spellings of NNCF 1.x and 2.x. Unknown keys become warnings that name the nearest known key,
/// if one is near. A file of plain training has no algorithms. Throws Error that lists every wrong
/// value with line, column, path, what was found and what would be right; `origin` is the file's
/// name in messages.
///
/// Multistep: NNCF wants one level more than steps. A list of as many levels as steps means that
/// level i begins at step i; before it `sparsity_init` holds, and `sparsity_target` begins at the
/// epoch in which masks are frozen, if that is after the last step, or else at the last step itself
/// (a warning says so).
ParsedNncf parse(std::string_view json, const std::string& origin);
ParsedNncf read(const std::filesystem::path& path);

}  // namespace edgy::converter::nncf
