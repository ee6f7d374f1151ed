// What of an NNCF configuration `edgy convert` can do: all that needs no training.
#pragma once

#include <string>
#include <vector>

#include "converter/config/config.h"
#include "converter/nncf/file/parser.h"

namespace edgy::converter::nncf {

struct ConversionPlan {
  ConvertConfig config;
  /// In sentences: what is done in another way than NNCF would, and what is left out because it
  /// needs training.
  std::vector<std::string> notes;
};

/// Maps
///  * quantization: int8, range initializer of activations, their bits (8 if the file says so, else
///    Edgy's default), bits of weights, layer by layer where it says so, fitted to calibration data
///    where they are fewer than 8;
///  * magnitude_sparsity: its final share, in blocks of 1x4, spread by sensitivity (global) or
///  evenly
///    (local);
///  * filter_pruning: its final share, importance and choice of layers.
/// Without quantization the model becomes int8 all the same, as it does without a configuration.
ConversionPlan plan_conversion(const ParsedNncf& parsed);

}  // namespace edgy::converter::nncf
