// Which layers a configuration means.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "converter/nncf/file/config.h"

namespace edgy::converter::nncf {

/// True when one entry ("name", or "{re}expression" matching from the name's beginning) means the
/// layer.
bool scope_matches(const std::string& entry, const std::string& layer);

/// True when the algorithm with these scopes touches the layer.
bool in_scope(const Scopes& scopes, const std::string& layer);

/// Entries of `scopes` that mean none of `layers`: worth a warning, since they are mostly misspelt.
std::vector<std::string> unmatched(const Scopes& scopes, std::span<const std::string> layers);

}  // namespace edgy::converter::nncf
