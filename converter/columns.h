// Names in tables.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace edgy::converter {

/// `text`, escaped for display, in exactly `width` (at least 3) characters: padded with spaces; of
/// a longer one the beginning.
std::string first_columns(std::string_view text, std::size_t width);
/// The same; of a longer one "..", then its end, which says more of a layer's name.
std::string last_columns(std::string_view text, std::size_t width);

}  // namespace edgy::converter
