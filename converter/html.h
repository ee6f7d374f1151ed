// What the HTML reports share.
#pragma once

#include <string>

namespace edgy::converter {

/// `text` for use between tags and in quoted attributes: valid UTF-8, control characters escaped.
std::string escape_html(const std::string& text);

}  // namespace edgy::converter
