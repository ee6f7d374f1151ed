#include "converter/pruning/pruning.h"

#include <string>

#include "converter/error.h"
#include "converter/pruning/allocation.h"
#include "converter/pruning/prunable.h"
#include "converter/pruning/pruning_damage.h"
#include "converter/reconstruction/layer_fit.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

/// What the steps of pruning share.
struct Task {
  const fb::ModelT& f32;
  const std::vector<Layer>& layers;
  std::vector<LayerChoice>& choices;
  const Calibration& calibration;
  std::span<const Sample> samples;
  const QuantizeOptions& options;
  Progress& progress;
};

/// Fits the layer to what the layers before it, compressed already, give. Returns its mask.
BlockMask prune_layer(const Task& task, const PrunableLayer& layer, double sparsity) {
  const PruningOptions& pruning = *task.options.pruning;
  LayerChoice& choice = task.choices[layer.index];
  if (pruning.method == PruningMethod::kMagnitude) {
    BlockMask mask = magnitude_mask(layer, pruning.pattern, sparsity);
    choice.weights = masked_weights(layer, mask, choice.weight_bits);
    task.progress.advance(task.samples.size());
    return mask;
  }
  const LayerData data(task.f32, task.layers, layer.index, task.choices, task.calibration,
                       task.samples, task.options, task.progress);
  FittedLayer fitted =
      fit_layer(data, layer.weights, layer.grid, pruning.pattern, layer.kept(sparsity),
                choice.weight_bits, task.options.reconstruction);
  choice.weights = std::move(fitted.weights);
  choice.bias = std::move(fitted.bias);
  return std::move(fitted.mask);
}

}  // namespace

void check_pruning(const PruningOptions& options) {
  const PruningPattern& p = options.pattern;
  if (!(options.sparsity >= 0 && options.sparsity <= 0.99))
    throw Error("pruning: sparsity must be from 0 to 0.99, not " +
                std::to_string(options.sparsity));
  if (p.n < 0 || p.m < 0 || (p.m == 0) != (p.n == 0) || p.n > p.m) {
    throw Error("pruning: N:M needs 0 < n <= m, not " + std::to_string(p.n) + ":" +
                std::to_string(p.m));
  }
  if (options.sparsity < least_sparsity(p) - 1e-9) {
    throw Error("pruning: the pattern " + std::to_string(p.n) + ":" + std::to_string(p.m) +
                " leaves a sparsity of at least " + std::to_string(least_sparsity(p)) + ", but " +
                std::to_string(options.sparsity) + " is asked for");
  }
}

std::vector<double> spread_sparsity(const fb::ModelT& f32, const std::vector<Layer>& layers,
                                    const std::vector<LayerChoice>& choices,
                                    const Calibration& calibration, std::span<const Sample> samples,
                                    const QuantizeOptions& options, Progress& progress) {
  const PruningOptions& pruning = *options.pruning;
  const auto prunable = prunable_layers(f32, layers, choices, pruning.pattern);
  std::vector<int64_t> counts;
  std::vector<std::vector<double>> energies;
  for (const PrunableLayer& layer : prunable) {
    counts.push_back(layer.grid.elements());
    if (pruning.allocation == SparsityAllocation::kGlobal)
      energies.push_back(block_energies(layer.grid, layer.weights));
  }
  std::vector<double> spread(prunable.size(), pruning.sparsity);
  if (pruning.allocation == SparsityAllocation::kGlobal) {
    spread = allocate_by_threshold(energies, counts, pruning.sparsity);
  } else if (pruning.allocation == SparsityAllocation::kSensitivity && !prunable.empty()) {
    spread = allocate_by_damage(
        measure_damage(f32, layers, choices, prunable, calibration, samples, options, progress),
        counts, pruning.sparsity);
  }
  std::vector<double> sparsity(layers.size());
  for (std::size_t i = 0; i < prunable.size(); ++i)
    sparsity[prunable[i].index] = spread[i];
  return sparsity;
}

std::vector<PrunedLayer> prune(const fb::ModelT& f32, const std::vector<Layer>& layers,
                               std::vector<LayerChoice>& choices, const Calibration& calibration,
                               std::span<const Sample> samples, const QuantizeOptions& options,
                               std::span<const double> sparsity, Progress& progress) {
  check_pruning(*options.pruning);
  const Task task{f32, layers, choices, calibration, samples, options, progress};
  const auto prunable = prunable_layers(f32, layers, choices, options.pruning->pattern);
  if (prunable.empty() && (options.pruning->sparsity > 0 || options.budget))
    throw Error(
        "pruning: the model has no int8 layer that sparse kernels can run, or none in scope");
  std::vector<PrunedLayer> report(layers.size());
  // Running the layers before it is half of a layer's work, fitting it the other half.
  progress.begin("pruning", 2 * prunable.size() * samples.size());
  for (const PrunableLayer& layer : prunable) {
    const BlockMask mask = prune_layer(task, layer, sparsity[layer.index]);
    const int64_t weights = layer.grid.elements();
    report[layer.index] = {weights, weights - kept_weights(layer.grid, mask)};
    progress.advance(samples.size());
  }
  progress.end();
  return report;
}

}  // namespace edgy::converter
