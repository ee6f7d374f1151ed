// Text that came from a file or a command line, as it may be shown.
#pragma once

#include <string>
#include <string_view>

namespace edgy::converter {

/// True if `text` is well-formed UTF-8 (RFC 3629: shortest form, no surrogates, at most U+10FFFF).
bool is_utf8(std::string_view text);

/// Well-formed UTF-8 without anything that a terminal obeys or that changes the order of what is
/// read: control characters (C0, DEL, C1), line separators, bidirectional marks and bytes that are
/// no UTF-8 become \n, \t, \x1b, \u202e. All else stays as it is, and stays when it is escaped
/// again. Whatever names a file holds goes through here before it is shown.
std::string escaped(std::string_view text);

/// escaped(), in single quotes: how messages name things.
std::string in_quotes(std::string_view text);

}  // namespace edgy::converter
