// Which channels of a graph can only go together, and what changes when they do.
#pragma once

#include <set>
#include <vector>

#include "converter/pruning/filter_pruning.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// Channels that must be pruned alike, with everything that has to change when some of them go.
struct ChannelGroup {
  std::vector<int> producers;  ///< operators: axis 0 of weights and bias
  std::vector<int> consumers;  ///< operators: last axis of weights
  std::set<int> activations;
  std::set<int> constants;  ///< of elementwise operators, one value a channel
  int count = 0;            ///< channels
};

/// A convolution with one filter for each input channel.
bool is_depthwise(const format::fb::ModelT& model, const format::fb::OperatorT& op);

/// The groups of `model` that may lose channels: not those of its inputs and outputs, not where an
/// operator mixes or counts channels, nor what `options` exclude; each with a layer whose filters
/// can be ranked.
std::vector<ChannelGroup> prunable_groups(const format::fb::ModelT& model,
                                          const FilterPruningOptions& options);

}  // namespace edgy::converter
