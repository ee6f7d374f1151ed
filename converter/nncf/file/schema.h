// The JSON Schema of NNCF's configurations, for editors.
#pragma once

#include <nlohmann/json.hpp>

namespace edgy::converter::nncf {

/// Draft-07, made from the same description that the parser reads by: a file fits if the parser has
/// neither an error nor an unknown key to report, but for what several settings can only be wrong
/// in together, and for the range of numbers in strings.
nlohmann::ordered_json schema();

}  // namespace edgy::converter::nncf
