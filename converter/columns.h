// Names in tables, and text in lines.
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

/// The words of `text` in lines of at most `columns` characters (longer words aside), the first
/// after `first`, others after `rest`; each ends with a line feed.
std::string wrapped(const std::string& first, const std::string& rest, const std::string& text,
                    int columns);

}  // namespace edgy::converter
