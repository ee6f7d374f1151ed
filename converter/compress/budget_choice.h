// From a budget to bits and zeros of each layer.
#pragma once

#include <span>
#include <vector>

#include "converter/data/dataset.h"
#include "converter/progress.h"
#include "converter/quantization/quantized_build.h"

namespace edgy::converter {

/// Throws Error unless the budget limits exactly one thing, and to what could be.
void check_budget(const Budget& budget);

struct BudgetChoice {
  std::vector<double> sparsity;  ///< of each layer
  FloatStorage float_storage;
};

/// Chooses bits and sparsity of each layer that may be pruned, and how float constants are stored,
/// so that the model fits `options.budget` with the least measured damage to its outputs. Sets
/// `weight_bits` in `choices`. `options.pruning` says the pattern. Throws Error with what would be
/// possible if the budget is out of reach.
BudgetChoice choose_by_budget(const format::fb::ModelT& f32, const std::vector<Layer>& layers,
                              std::vector<LayerChoice>& choices, const Calibration& calibration,
                              std::span<const Sample> samples, const QuantizeOptions& options,
                              Progress& progress);

}  // namespace edgy::converter
