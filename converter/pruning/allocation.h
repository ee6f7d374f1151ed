// How many weights each layer loses, so that all together lose what was asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "converter/compression_options.h"
#include "converter/progress.h"

namespace edgy::converter {

/// Damage to the model at several sparsities of one layer, in ascending order of sparsity. Damages
/// of different layers must add up.
struct DamageCurve {
  std::vector<double> sparsity;
  std::vector<double> damage;
};

/// Sparsity of each layer with `weights[i]` weights, so that the total damage is least and
/// `sparsity` of all weights go: along the lower convex hulls of the curves the cheapest weights go
/// first. Each layer stays between the first and the last sparsity of its curve. Throws Error if
/// the curves can not reach `sparsity`.
std::vector<double> allocate_by_damage(const std::vector<DamageCurve>& curves,
                                       std::span<const int64_t> weights, double sparsity);

/// Sparsity of each layer when one threshold on block norms, divided by the root mean square of
/// their layer's blocks, decides for all. `energies`: squared block norms of each layer.
std::vector<double> allocate_by_threshold(const std::vector<std::vector<double>>& energies,
                                          std::span<const int64_t> weights, double sparsity);

}  // namespace edgy::converter
