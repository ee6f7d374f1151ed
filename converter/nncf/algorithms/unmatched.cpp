#include "converter/nncf/algorithms/unmatched.h"

#include <algorithm>
#include <map>

#include "converter/config/nearest_name.h"
#include "converter/nncf/file/scopes.h"

namespace edgy::converter::nncf {
namespace {

void add(const Scopes& scopes, std::vector<std::string>& entries) {
  entries.insert(entries.end(), scopes.target.begin(), scopes.target.end());
  entries.insert(entries.end(), scopes.ignored.begin(), scopes.ignored.end());
}

void add(const Quantization& quantization, std::vector<std::string>& entries) {
  add(quantization.weights.scopes, entries);
  add(quantization.activations.scopes, entries);
  for (const RangeInitializer& range : quantization.range)
    add(range.scopes, entries);
  for (const ScopeOverride& entry : quantization.overrides)
    entries.push_back(entry.scope);
  if (const auto* manual = std::get_if<ManualPrecision>(&quantization.precision)) {
    for (const ManualPrecision::Entry& entry : manual->bitwidth_per_scope)
      entries.push_back(entry.scope);
  }
}

/// Entries in the order of the algorithms, each with the algorithms that have it.
std::vector<std::pair<std::string, std::string>> entries_of(const NncfConfig& config) {
  std::vector<std::pair<std::string, std::string>> result;
  for (const Algorithm& algorithm : config.algorithms) {
    std::vector<std::string> entries;
    std::visit(
        [&](const auto& settings) {
          if constexpr (requires { settings.scopes; })
            add(settings.scopes, entries);
          if constexpr (requires { settings.overrides; })
            add(settings, entries);
        },
        algorithm);
    for (const std::string& entry : entries) {
      const bool known = std::any_of(result.begin(), result.end(),
                                     [&](const auto& pair) { return pair.first == entry; });
      if (!known)
        result.emplace_back(entry, name_of(algorithm));
    }
  }
  return result;
}

}  // namespace

std::vector<std::string> unmatched_scopes(const NncfConfig& config,
                                          std::span<const std::string> layers) {
  std::vector<std::string> sentences;
  for (const auto& [entry, algorithm] : entries_of(config)) {
    const auto means = [&, &scope = entry](const std::string& layer) {
      return scope_matches(scope, layer);
    };
    if (std::any_of(layers.begin(), layers.end(), means))
      continue;
    std::string sentence = algorithm + ": the scope '" + entry + "' means no layer of this model";
    if (!is_expression(entry))
      sentence += suggestion(entry, {layers.begin(), layers.end()});
    sentences.push_back(std::move(sentence));
  }
  return sentences;
}

}  // namespace edgy::converter::nncf
