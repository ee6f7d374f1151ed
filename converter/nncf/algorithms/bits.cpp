#include "converter/nncf/algorithms/bits.h"

#include <algorithm>

#include "converter/nncf/file/scopes.h"

namespace edgy::converter::nncf {
namespace {

bool is_limited(const Scopes& scopes) {
  return !scopes.target.empty() || !scopes.ignored.empty();
}

}  // namespace

bool says_layer_bits(const Quantization& q) {
  const bool excepts = std::any_of(q.overrides.begin(), q.overrides.end(),
                                   [](const auto& entry) { return entry.weights && entry.bits; });
  return excepts || std::holds_alternative<ManualPrecision>(q.precision) ||
         (q.weights.bits < 8 && (is_limited(q.scopes) || is_limited(q.weights.scopes)));
}

int weight_bits(const Quantization& q, const std::string& layer) {
  int bits = 8;
  if (in_scope(q.scopes, layer) && in_scope(q.weights.scopes, layer))
    bits = q.weights.bits;
  if (const auto* manual = std::get_if<ManualPrecision>(&q.precision)) {
    for (const ManualPrecision::Entry& entry : manual->bitwidth_per_scope) {
      if (scope_matches(entry.scope, layer))
        bits = entry.bits;
    }
  }
  for (const ScopeOverride& entry : q.overrides) {
    if (entry.weights && entry.bits && scope_matches(entry.scope, layer))
      bits = *entry.bits;
  }
  return bits;
}

}  // namespace edgy::converter::nncf
