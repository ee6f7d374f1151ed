// What a configuration does to the layers of one model.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "converter/nncf/file/config.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter::nncf {

/// A layer beside what becomes of it.
struct LayerEffect {
  std::string layer;
  int64_t weights = 0;
  std::string zeros;  ///< "60 %", "part of 60 %", "outside the scopes"; empty: none are asked for
  std::string bits;   ///< of its weights: "8", "4 or 8"; "32" where they stay float
  int filters = 0;    ///< output channels
  int filters_left = 0;
};

/// `model`: lowered, float32. Without an algorithm that says otherwise weights become 8-bit
/// integers. Throws Error where a layer's weights are no floats, or filters can not be pruned as
/// asked.
std::vector<LayerEffect> effects_on(const NncfConfig& config, const format::fb::ModelT& model);

/// A table of at most 80 columns.
std::string to_text(const std::vector<LayerEffect>& effects);
nlohmann::ordered_json to_json(const std::vector<LayerEffect>& effects);

}  // namespace edgy::converter::nncf
