// For messages about names that are not known.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace edgy::converter {

/// Of `known` the name that is the fewest insertions, deletions and replacements away from `name`;
/// if that is more than a third of its letters, which is no slip of the hand, the first that begins
/// with `name`; else nothing. Takes time in proportion to the lengths of those that could be near.
std::optional<std::string> nearest_name(const std::string& name,
                                        const std::vector<std::string>& known);

/// "; did you mean 'mels'?" or nothing.
std::string suggestion(const std::string& name, const std::vector<std::string>& known);

}  // namespace edgy::converter
