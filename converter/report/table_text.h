// Names of a model in tables for people.
#pragma once

#include <string>

namespace edgy::converter {

/// `name` in at most `width` characters: the end of a long one says more than its beginning.
/// Control characters, which a terminal would obey, become '?'.
std::string tail(const std::string& name, std::size_t width);

}  // namespace edgy::converter
