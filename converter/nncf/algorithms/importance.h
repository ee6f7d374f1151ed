// How important weights are, for magnitude sparsity.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "converter/nncf/file/config.h"

namespace edgy::converter::nncf {

/// One importance a weight of a layer. kNormedAbs divides by the layer's Euclidean norm; a layer of
/// zeros has importance 0.
std::vector<float> weight_importance(std::span<const float> weights, WeightImportance importance);

/// Masks (1 keeps, 0 zeroes) with exactly round(sparsity * count) zeros over all layers together,
/// the least important first; of equals the first in order.
std::vector<std::vector<uint8_t>> sparsity_mask(std::span<const std::vector<float>> layers,
                                                double sparsity);

}  // namespace edgy::converter::nncf
