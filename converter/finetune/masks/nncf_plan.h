// What an NNCF configuration means for training.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "converter/finetune/settings/options.h"
#include "converter/nncf/file/config.h"
#include "converter/pruning/filter_pruning.h"

namespace edgy::converter::finetune {

/// The algorithms of a file, one of each kind, as training needs them.
struct CompressionPlan {
  std::optional<nncf::MagnitudeSparsity> magnitude;
  std::optional<nncf::RbSparsity> rb;
  std::optional<nncf::ConstSparsity> constant;
  std::optional<nncf::FilterPruning> filters;
  std::optional<nncf::Quantization> quantization;
  std::vector<int> layer_bits;  ///< of weights, by layer; empty: as `quantization` says
  /// As the file states them; where it does not, 7, the bits of the fast kernels.
  int activation_bits = 7;

  bool sparse() const { return magnitude || rb || constant; }
};

/// `given`: settings that the file states (ParsedNncf). Throws Error when it asks for two
/// algorithms that set the same weights to zero.
CompressionPlan make_plan(const nncf::NncfConfig& config, const std::set<std::string>& given = {});

/// Epochs after which nothing of the plan changes any more: training takes at least one more.
int final_epoch(const CompressionPlan& plan);

/// Settings for converter/compress that take the filters out of the graph.
FilterPruningOptions filter_options(const nncf::FilterPruning& pruning);

}  // namespace edgy::converter::finetune
