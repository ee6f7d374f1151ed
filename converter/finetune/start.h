// What training starts from.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "converter/config/config.h"
#include "converter/finetune/masks/nncf_plan.h"
#include "converter/finetune/masks/repair.h"
#include "converter/finetune/settings/arguments.h"
#include "converter/nncf/file/parser.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter::finetune {

/// Whether float constants of the model that training starts from are stored in half the bytes.
bool has_half_floats(const Arguments& arguments);

struct Start {
  format::fb::ModelT model;  ///< training starts from it
  /// What `edgy convert` makes of the original with the same settings; empty where it makes
  /// nothing comparable (zeros in float32), or `--from` brings something compressed. Equal to
  /// `model` where no schedule is left.
  std::optional<format::fb::ModelT> conversion;
  /// How `conversion` was compressed; empty: `model` came compressed, and says so itself.
  std::optional<ConvertConfig> config;
  std::unique_ptr<Repair> repair;  ///< null: there is no calibration data to fit to, or no int8
};

/// The settings of the conversion that stands beside a training: those that `edgy convert` would
/// read from the same configuration, `file`, and from the options; and the bits of weights that the
/// plan has found for the layers of `reference`, which convert would have left at 8.
ConvertConfig conversion_config(const Arguments& arguments, const format::fb::ModelT& reference,
                                const CompressionPlan& plan,
                                const std::optional<nncf::ParsedNncf>& file);

/// Compresses the original as `edgy convert` does (kept in the run's folder, and read from there
/// when the run goes on), or reads what `--from` names. Training that is to choose zeros itself
/// starts from the same model without them. Notes in `log` what share of filters went.
Start make_start(const Arguments& arguments, const format::fb::ModelT& reference,
                 const CompressionPlan& plan, const ConvertConfig& config, const std::string& split,
                 nlohmann::ordered_json& log);

/// `converted` with the weights and biases of `floats` (the same layers, float32), rounded anew.
format::fb::ModelT without_zeros(const format::fb::ModelT& converted,
                                 const format::fb::ModelT& floats);

}  // namespace edgy::converter::finetune
