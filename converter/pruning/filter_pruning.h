// Filter pruning: removes whole output channels of convolutions and dense layers, and with them the
// input channels of all that reads them. The result is a smaller dense model.
#pragma once

#include <string>
#include <vector>

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// How important a filter (all weights of one output channel) is.
enum class FilterImportance {
  kL1,               ///< sum of magnitudes (Li et al., arXiv:1608.08710)
  kL2,               ///< Euclidean norm
  kGeometricMedian,  ///< sum of distances to all other filters: the most replaceable go first (He
                     ///< et al., arXiv:1811.00250)
};

struct FilterPruningOptions {
  /// Share of the filters removed from each prunable layer, 0 .. 0.95; at least one filter stays.
  /// What rounding to whole filters leaves over is carried to the next layer, so that the share
  /// over all prunable layers is met to a filter.
  double rate = 0.2;
  FilterImportance importance = FilterImportance::kGeometricMedian;
  bool prune_first = false;  ///< layers that no other layer comes before
  bool prune_last = false;  ///< layers whose channels reach no other layer are never prunable; this
                            ///< allows the last before them
  bool prune_downsampling = true;  ///< convolutions with a stride above 1
  int multiple_of =
      4;  ///< kept filters are rounded up to a multiple: what the kernels compute in one go
  /// Layers after removed channels are fitted to the original's outputs on calibration data, where
  /// there is some.
  bool repair = true;
};

/// What happened to one set of channels that had to be pruned alike.
struct PrunedChannels {
  std::vector<std::string> layers;  ///< operators that produced them
  std::vector<int> tensors;         ///< activations that had them as their last axis
  std::vector<int> kept;            ///< channels that stay, ascending
  int before = 0;
  int after = 0;
};

/// Prunes `model` (float32, channels-last, as lowering makes it) in place. Channels that
/// elementwise operators tie together (a residual sum, for instance) are pruned as one, by the sum
/// of their filters' importances, each layer's scaled to mean 1. Channels that reach a model
/// output, or an operator that does not treat its last axis as channels (Reshape, Concat,
/// NearestCode, ...), stay whole. Throws Error when the rate is out of range or a weight is not
/// float32.
std::vector<PrunedChannels> prune_filters(format::fb::ModelT& model,
                                          const FilterPruningOptions& options);

/// Share of the filters of prunable layers that are gone.
double pruned_share(const std::vector<PrunedChannels>& report);

/// Importance of each row of `weights` [filters, values per filter], row-major.
std::vector<double> filter_importance(const std::vector<float>& weights, std::size_t filters,
                                      FilterImportance importance);

}  // namespace edgy::converter
