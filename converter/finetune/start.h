// What training starts from.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "converter/config/config.h"
#include "converter/finetune/masks/nncf_plan.h"
#include "converter/finetune/settings/arguments.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter::finetune {

/// Whether float constants of the model that training starts from are stored in half the bytes.
bool has_half_floats(const Arguments& arguments);

struct Student {
  format::fb::ModelT model;
  /// How `model` was compressed here; empty: it came compressed, and says so itself.
  std::optional<ConvertConfig> config;
};

/// What training starts from: a compressed model as it is, or the original with its filters taken
/// out (and the layers behind them repaired) and int8 weights. Notes in `log` what share of filters
/// went.
Student make_student(const Arguments& arguments, const format::fb::ModelT& reference,
                     const CompressionPlan& plan, const std::string& split,
                     nlohmann::ordered_json& log);

}  // namespace edgy::converter::finetune
