// What pruning works on, and the simplest way to do it.
#pragma once

#include <vector>

#include "converter/quantization/quantized_build.h"
#include "converter/reconstruction/block_mask.h"

namespace edgy::converter {

/// A layer whose weights may become zero.
struct PrunableLayer {
  std::size_t index = 0;  ///< into the model's layers and their choices
  format::BlockGrid grid;
  std::vector<float> weights;  ///< as the float model has them

  /// Weights that stay at `sparsity`, to the nearest one.
  int64_t kept(double sparsity) const;
};

/// The layers that `choices` quantizes and whose zeros sparse kernels can skip.
std::vector<PrunableLayer> prunable_layers(const format::fb::ModelT& f32,
                                           const std::vector<Layer>& layers,
                                           const std::vector<LayerChoice>& choices,
                                           const PruningPattern& pattern);

/// Keeps the blocks with the greatest norms.
BlockMask magnitude_mask(const PrunableLayer& layer, const PruningPattern& pattern,
                         double sparsity);

/// The layer's weights under `mask`, each rounded by itself to `bits` bits.
QuantizedWeights masked_weights(const PrunableLayer& layer, const BlockMask& mask, int bits);

}  // namespace edgy::converter
