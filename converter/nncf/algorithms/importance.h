// How important weights are, for magnitude sparsity.
#pragma once

#include <span>
#include <vector>

#include "converter/nncf/file/config.h"

namespace edgy::converter::nncf {

/// One importance a weight of a layer. kNormedAbs divides by the layer's Euclidean norm; a layer of
/// zeros has importance 0.
std::vector<float> weight_importance(std::span<const float> weights, WeightImportance importance);

}  // namespace edgy::converter::nncf
