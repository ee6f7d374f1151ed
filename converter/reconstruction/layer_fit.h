// One layer from float weights to integers that do the same work with fewer.
#pragma once

#include <vector>

#include "converter/reconstruction/block_mask.h"
#include "converter/reconstruction/layer_data.h"
#include "converter/reconstruction/layer_problem.h"

namespace edgy::converter {

struct FittedLayer {
  BlockMask mask;
  QuantizedWeights weights;
  std::vector<float> bias;
};

/// Prunes, refits and rounds `weights` (as the float model has them) so that the layer gives
/// `data`'s targets from `data`'s inputs. `keep`: weights that stay. `bits`: of each, 2..8.
FittedLayer fit_layer(const LayerData& data, const std::vector<float>& weights,
                      const format::BlockGrid& grid, const PruningPattern& pattern, int64_t keep,
                      int bits, const ReconstructionOptions& options);

/// The same under a mask that is decided already.
FittedLayer fit_masked_layer(const LayerData& data, const std::vector<float>& weights,
                             const format::BlockGrid& grid, const BlockMask& mask, int bits,
                             const ReconstructionOptions& options);

struct FloatWeights {
  std::vector<float> weights;
  std::vector<float> bias;
};

/// Refits `weights` to `data`'s targets, and leaves them float: none goes, none is rounded.
FloatWeights refit_layer(const LayerData& data, const std::vector<float>& weights,
                         const format::BlockGrid& grid, const ReconstructionOptions& options);

/// fit_layer in short, for many values of `keep` and `bits`: the mask by the float weights' share
/// in the outputs, few iterations, targets as they are; 8 bits are rounded to nearest.
class QuickFit {
 public:
  QuickFit(const LayerData& data, const std::vector<float>& weights, const format::BlockGrid& grid,
           const ReconstructionOptions& options);

  FittedLayer at(const PruningPattern& pattern, int64_t keep, int bits) const;

 private:
  std::vector<Eigen::MatrixXf> priors_;  ///< of each group
  std::vector<LayerProblem> problems_;
  format::BlockGrid part_;
  LayerUnits units_;
  ReconstructionOptions options_;
};

}  // namespace edgy::converter
