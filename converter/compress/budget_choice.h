// From a budget to bits and zeros of each layer.
#pragma once

#include <span>
#include <vector>

#include "converter/cli/progress.h"
#include "converter/compress/quantized_build.h"
#include "converter/data/dataset.h"

namespace edgy::converter {

/// Throws Error unless the budget limits exactly one thing, and to what could be.
void check_budget(const Budget& budget);

/// Chooses bits and sparsity of each layer that may be pruned, so that the model fits
/// `options.budget` with the least measured damage to its outputs. Sets `weight_bits` in `choices`,
/// and returns the sparsity of each layer of `layers`. `options.pruning` says the pattern. Throws
/// Error with what would be possible if the budget is out of reach.
std::vector<double> choose_by_budget(const format::fb::ModelT& f32,
                                     const std::vector<Layer>& layers,
                                     std::vector<LayerChoice>& choices,
                                     const Calibration& calibration,
                                     std::span<const Sample> samples,
                                     const QuantizeOptions& options, Progress& progress);

}  // namespace edgy::converter
