// How far each layer is compressed, so that the whole model fits a budget.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "converter/compression_options.h"

namespace edgy::converter {

/// One way to store and compute a layer.
struct LayerOption {
  double sparsity = 0;
  int weight_bits = 8;
  double damage = 0;  ///< to the model's outputs; damages of different layers add up
  double bytes = 0;   ///< of the layer's weights in the file
  double cost = 0;    ///< predicted time, in the units of kernels/conv_cost.h
};

/// One option of each layer, as an index into its list.
struct BudgetPlan {
  std::vector<std::size_t> option;
  double damage = 0;
  double spent = 0;  ///< of what was to be limited
};

/// What a choice costs in the budget's own measure.
using Spending = double (*)(const LayerOption&);

/// The choice with little damage that spends at most `limit`: from the least damaged option of each
/// layer along the lower convex hulls, the cheapest savings first (Shoham and Gersho, 1988); what
/// is left in the end is given back where it mends most. Nothing if even the least costly options
/// exceed `limit`. Every layer has at least one option.
std::optional<BudgetPlan> fit_budget(const std::vector<std::vector<LayerOption>>& layers,
                                     Spending spending, double limit);

/// The least that any choice spends.
double least_spending(const std::vector<std::vector<LayerOption>>& layers, Spending spending);

/// Bytes in a file of `kept` of `weights` weights of `bits` bits, in blocks of `block` weights.
double stored_bytes(double weights, double kept, int bits, int block);

}  // namespace edgy::converter
