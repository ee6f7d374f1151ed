// The JSON configuration of `edgy convert`.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "converter/about.h"
#include "converter/compression_options.h"
#include "converter/pruning/filter_pruning.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

enum class Precision {
  kFloat32,  ///< weights and activations as in the source model
  kInt8,
};

struct ConvertConfig {
  Precision precision = Precision::kInt8;
  QuantizeOptions quantize;
  /// Whole channels that are removed before anything else; in both precisions.
  std::optional<FilterPruningOptions> filter_pruning;
  /// Audio front end of the first input; empty: the model declares none of its own.
  std::optional<format::fb::LogMelT> log_mel;
  uint64_t seed = 1;
  /// Written over what the source says of itself.
  About about;
};

/// Reads a configuration (JSON; comments and trailing commas are allowed). Throws Error that lists
/// everything wrong with `origin`, line, column, the key and what would be accepted; an unknown key
/// is answered with the nearest known one.
ConvertConfig parse_config(std::string_view json, const std::string& origin);
ConvertConfig read_config(const std::filesystem::path& path);

/// A budget as the command line says it: "size=400kB" (B, kB, MB, KiB, MiB; a plain number is
/// bytes) or "speedup=4". Throws Error that shows both forms.
Budget parse_budget(const std::string& text);

/// The configuration in full, defaults included, as stored in Metadata.config.
std::string to_json(const ConvertConfig& config);

/// The JSON Schema (draft-07) of such files, for editors.
nlohmann::ordered_json config_schema();

}  // namespace edgy::converter
