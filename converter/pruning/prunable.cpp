#include "converter/pruning/prunable.h"

#include <cmath>

namespace edgy::converter {

int64_t PrunableLayer::kept(double sparsity) const {
  return std::llround(static_cast<double>(grid.elements()) * (1 - sparsity));
}

std::vector<PrunableLayer> prunable_layers(const format::fb::ModelT& f32,
                                           const std::vector<Layer>& layers,
                                           const std::vector<LayerChoice>& choices,
                                           const PruningPattern& pattern) {
  std::vector<PrunableLayer> found;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!layers[i].prunable || !choices[i].quantized)
      continue;
    const auto& shape = f32.tensors[static_cast<std::size_t>(layers[i].weights)]->shape;
    found.push_back({i, grid_of(shape, pattern), float_values(f32, layers[i].weights)});
  }
  return found;
}

BlockMask magnitude_mask(const PrunableLayer& layer, const PruningPattern& pattern,
                         double sparsity) {
  return select_blocks(layer.grid, pattern, block_energies(layer.grid, layer.weights),
                       layer.kept(sparsity));
}

QuantizedWeights masked_weights(const PrunableLayer& layer, const BlockMask& mask, int bits) {
  std::vector<float> weights = layer.weights;
  apply_mask(layer.grid, mask, weights);
  return round_weights(weights, static_cast<std::size_t>(layer.grid.rows), bits);
}

}  // namespace edgy::converter
