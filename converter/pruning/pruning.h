// Zeroing weights: which, and how many of each layer.
#pragma once

#include <span>
#include <vector>

#include "converter/data/dataset.h"
#include "converter/progress.h"
#include "converter/quantization/quantized_build.h"

namespace edgy::converter {

/// What pruning did to one layer.
struct PrunedLayer {
  int64_t weights = 0;
  int64_t zeroed = 0;

  double sparsity() const {
    return weights > 0 ? static_cast<double>(zeroed) / static_cast<double>(weights) : 0;
  }
};

/// Throws Error if the options are out of range or contradict each other.
void check_pruning(const PruningOptions& options);

/// Sparsity of each layer of `layers`, as `options.pruning` spreads it; 0 where a layer may not be
/// pruned. Throws Error if the sparsity is out of reach.
std::vector<double> spread_sparsity(const format::fb::ModelT& f32, const std::vector<Layer>& layers,
                                    const std::vector<LayerChoice>& choices,
                                    const Calibration& calibration, std::span<const Sample> samples,
                                    const QuantizeOptions& options, Progress& progress);

/// Prunes the layers that `choices` quantizes and sparse kernels can run to `sparsity`, one number
/// for each of `layers`, and puts their integer weights into `choices`. `samples`: what they are
/// fitted to. Returns what happened to each layer (no weights where it may not be pruned). Throws
/// Error as check_pruning does, or if zeros are asked for and no layer can have them.
std::vector<PrunedLayer> prune(const format::fb::ModelT& f32, const std::vector<Layer>& layers,
                               std::vector<LayerChoice>& choices, const Calibration& calibration,
                               std::span<const Sample> samples, const QuantizeOptions& options,
                               std::span<const double> sparsity, Progress& progress);

}  // namespace edgy::converter
