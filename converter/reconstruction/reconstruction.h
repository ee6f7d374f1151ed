// Pruning of one layer so that its outputs stay as close as they can to what they should be.
#pragma once

#include "converter/reconstruction/block_mask.h"
#include "converter/reconstruction/layer_problem.h"

namespace edgy::converter {

struct SparseWeights {
  BlockMask mask;
  Eigen::MatrixXf weights;  ///< [inputs x outputs], in steps of the input's scale
};

/// Chooses blocks so that `keep` weights stay, and their values. `grid` has one row per output and
/// one column per input of `problem`. The mask is searched for by the alternating direction method
/// of multipliers (ALPS, arXiv:2406.07831): weights that fit, and weights that are sparse, are
/// pulled together ever harder. The weights that stay are then fitted by conjugate gradients.
/// `prior`: the float model's weights, [inputs x outputs], where the search starts and where
/// damping pulls to.
SparseWeights reconstruct(const LayerProblem& problem, const format::BlockGrid& grid,
                          const PruningPattern& pattern, int64_t keep, const Eigen::MatrixXf& prior,
                          const ReconstructionOptions& options);

/// `problem` with the pull of `damping` to `prior` in it: who lowers its error keeps to the
/// damping.
LayerProblem damped(LayerProblem problem, const Eigen::MatrixXf& prior, double damping);

/// Fits the weights that `sparse.mask` keeps to `problem`, from where they are.
void refit(const LayerProblem& problem, const format::BlockGrid& grid, const Eigen::MatrixXf& prior,
           const ReconstructionOptions& options, SparseWeights& sparse);

}  // namespace edgy::converter
