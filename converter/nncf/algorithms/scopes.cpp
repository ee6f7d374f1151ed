#include "converter/nncf/algorithms/scopes.h"

#include <algorithm>
#include <regex>

namespace edgy::converter::nncf {

bool scope_matches(const std::string& entry, const std::string& layer) {
  if (!entry.starts_with("{re}"))
    return entry == layer;
  return std::regex_search(layer, std::regex(entry.substr(4)),
                           std::regex_constants::match_continuous);
}

bool in_scope(const Scopes& scopes, const std::string& layer) {
  const auto matches = [&](const std::string& entry) { return scope_matches(entry, layer); };
  return (scopes.target.empty() ||
          std::any_of(scopes.target.begin(), scopes.target.end(), matches)) &&
         std::none_of(scopes.ignored.begin(), scopes.ignored.end(), matches);
}

std::vector<std::string> unmatched(const Scopes& scopes, std::span<const std::string> layers) {
  std::vector<std::string> result;
  for (const auto* list : {&scopes.target, &scopes.ignored}) {
    for (const std::string& entry : *list) {
      if (std::none_of(layers.begin(), layers.end(),
                       [&](const std::string& layer) { return scope_matches(entry, layer); }))
        result.push_back(entry);
    }
  }
  return result;
}

}  // namespace edgy::converter::nncf
