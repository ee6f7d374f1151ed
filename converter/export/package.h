// The one end of every conversion and every training: from a model in memory to the bytes of a
// file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "converter/export/export.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// What the file says beside the model. What is left empty stays as the model has it.
struct PackageOptions {
  std::optional<Source> source;  ///< what the model was made from
  std::string producer;
  std::string config;                 ///< of the compression, JSON
  std::vector<std::string> policies;  ///< OUTPUT=LEVEL, as set_privacy takes them
  std::vector<std::string> events;    ///< OUTPUT:SETTING,..., as set_events takes them
  /// The least private level of a sealed session; empty: Low for a model without policies.
  std::optional<format::fb::PrivacyLevel> floor;
};

/// Stores zeros and small integers away, drops what nothing refers to, states privacy levels and
/// events (the outputs' own where neither the model nor `options` has any), and serializes `model`,
/// which is left as it is in the file. Throws Error where a level does not fit the model, or where
/// the runtime refuses the file or plans it for no extents at all.
std::vector<uint8_t> package(format::fb::ModelT& model, const PackageOptions& options);

}  // namespace edgy::converter
