// Scopes that mean nothing in a model: mostly misspelt, or names of another exporter.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "converter/nncf/file/config.h"

namespace edgy::converter::nncf {

/// A sentence for each entry of the configuration's scopes, overrides and bits by hand that none of
/// `layers` (names of the model's operators) has; with the nearest name, if one is near. Throws
/// Error as scope_matches does.
std::vector<std::string> unmatched_scopes(const NncfConfig& config,
                                          std::span<const std::string> layers);

}  // namespace edgy::converter::nncf
