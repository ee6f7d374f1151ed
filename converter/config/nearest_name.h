// Suggestions for misspelt names.
#pragma once

#include <string>
#include <vector>

namespace edgy::converter {

/// The name of `known` (not empty) with the least edit distance (Levenshtein) to `name`; the first
/// of equals.
std::string nearest_name(const std::string& name, const std::vector<std::string>& known);

}  // namespace edgy::converter
