#include "converter/reconstruction/reconstruction.h"

#include <algorithm>
#include <cmath>

#include "converter/reconstruction/dense_algebra.h"

namespace edgy::converter {
namespace {

using Matrix = Eigen::MatrixXf;

/// Of the search for a mask, where every input has power one; it grows as the mask settles.
constexpr float kFirstPenalty = 0.1F;
/// Share of the blocks that changed in three iterations: less is not worth a step.
constexpr double kSettled = 1e-3;

std::span<const float> values(const Matrix& m) {
  return {m.data(), static_cast<std::size_t>(m.size())};
}

/// The problem in units in which every input has power one, damped.
struct Scaled {
  Matrix gram;
  Matrix cross;
  Eigen::VectorXf unit;  ///< weight = unit * scaled weight
};

/// What an input's unit is there: one that never varies (a dead channel) has a part of the mean
/// power, so that nothing explodes; where none varies, the damping alone is left, and with it the
/// prior.
Eigen::VectorXf units_of(const LayerProblem& problem) {
  const Eigen::VectorXf power = problem.gram.diagonal();
  const float mean = power.mean() > 0 ? power.mean() : 1.0F;
  return power.unaryExpr([&](float p) { return 1 / std::sqrt(std::max(p, mean * 1e-4F)); });
}

/// Damping pulls towards `prior`, the float model's weights.
Scaled scale(const LayerProblem& problem, const Matrix& prior, double damping) {
  Scaled scaled;
  scaled.unit = units_of(problem);
  scaled.gram = scaled.unit.asDiagonal() * problem.gram * scaled.unit.asDiagonal();
  scaled.gram.diagonal().array() += static_cast<float>(damping);
  scaled.cross = scaled.unit.asDiagonal() * problem.cross +
                 static_cast<float>(damping) * (scaled.unit.cwiseInverse().asDiagonal() * prior);
  return scaled;
}

Matrix times(const Matrix& gram, const Matrix& right) {
  Matrix result(right.rows(), right.cols());
  dense_algebra().multiply(false, gram.rows(), right.cols(), gram.cols(), 1, gram.data(),
                           right.data(), 0, result.data());
  return result;
}

void mask_out(const format::BlockGrid& grid, const BlockMask& mask, Matrix& weights) {
  apply_mask(grid, mask, {weights.data(), static_cast<std::size_t>(weights.size())});
}

/// Conjugate gradients for every output at once, on the weights of `mask` alone.
void conjugate_gradients(const Scaled& scaled, const format::BlockGrid& grid, const BlockMask& mask,
                         int iterations, Matrix& weights) {
  mask_out(grid, mask, weights);
  Matrix residual = scaled.cross - times(scaled.gram, weights);
  mask_out(grid, mask, residual);
  Matrix direction = residual;
  Eigen::VectorXf power = residual.colwise().squaredNorm();
  for (int i = 0; i < iterations; ++i) {
    Matrix product = times(scaled.gram, direction);
    mask_out(grid, mask, product);
    const Eigen::VectorXf curvature = direction.cwiseProduct(product).colwise().sum();
    const Eigen::VectorXf step =
        power.binaryExpr(curvature, [](float p, float c) { return c > 0 ? p / c : 0.0F; });
    weights += direction * step.asDiagonal();
    residual -= product * step.asDiagonal();
    const Eigen::VectorXf next = residual.colwise().squaredNorm();
    const Eigen::VectorXf ratio =
        next.binaryExpr(power, [](float n, float p) { return p > 0 ? n / p : 0.0F; });
    direction = residual + direction * ratio.asDiagonal();
    power = next;
  }
}

int64_t differences(const BlockMask& a, const BlockMask& b) {
  int64_t count = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    count += a[i] != b[i];
  return count;
}

BlockMask search_mask(const Scaled& scaled, const format::BlockGrid& grid,
                      const PruningPattern& pattern, int64_t keep, Matrix weights, int iterations) {
  const DenseAlgebra& algebra = dense_algebra();
  Matrix sparse = weights;
  Matrix dual = Matrix::Zero(weights.rows(), weights.cols());
  BlockMask mask = select_blocks(grid, pattern, block_energies(grid, values(sparse)), keep);
  mask_out(grid, mask, sparse);
  float penalty = kFirstPenalty;
  Matrix factor;
  bool stale = true;
  const auto kept = static_cast<double>(keep) / static_cast<double>(grid.block_weights());
  BlockMask checked = mask;
  for (int i = 0; i < iterations; ++i) {
    if (stale) {
      factor = scaled.gram;
      factor.diagonal().array() += penalty;
      if (!algebra.factorize(factor.rows(), factor.data()))
        break;
      stale = false;
    }
    weights = scaled.cross + penalty * sparse - dual;
    algebra.solve(factor.rows(), weights.cols(), factor.data(), weights.data());
    sparse = weights + dual / penalty;
    mask = select_blocks(grid, pattern, block_energies(grid, values(sparse)), keep);
    mask_out(grid, mask, sparse);
    dual += penalty * (weights - sparse);
    if (i % 3 == 2) {
      const double moved = static_cast<double>(differences(mask, checked)) / kept;
      checked = mask;
      if (moved < kSettled)
        break;
      penalty *= moved > 0.1 ? 1.3F : moved > 0.005 ? 1.2F : 1.1F;
      stale = true;
    }
  }
  return mask;
}

}  // namespace

SparseWeights reconstruct(const LayerProblem& problem, const format::BlockGrid& grid,
                          const PruningPattern& pattern, int64_t keep, const Matrix& prior,
                          const ReconstructionOptions& options) {
  SparseWeights result;
  result.weights = prior;
  if (keep >= grid.elements()) {
    result.mask.assign(static_cast<std::size_t>(grid.blocks()), 1);
  } else {
    const Scaled scaled = scale(problem, prior, options.damping);
    result.mask =
        search_mask(scaled, grid, pattern, keep, scaled.unit.cwiseInverse().asDiagonal() * prior,
                    options.mask_iterations);
  }
  refit(problem, grid, prior, options, result);
  return result;
}

LayerProblem damped(LayerProblem problem, const Matrix& prior, double damping) {
  const Eigen::VectorXf pull =
      static_cast<float>(damping) * units_of(problem).cwiseInverse().cwiseAbs2();
  problem.gram.diagonal() += pull;
  problem.cross += pull.asDiagonal() * prior;
  return problem;
}

void refit(const LayerProblem& problem, const format::BlockGrid& grid, const Matrix& prior,
           const ReconstructionOptions& options, SparseWeights& sparse) {
  const Scaled scaled = scale(problem, prior, options.damping);
  Matrix weights = scaled.unit.cwiseInverse().asDiagonal() * sparse.weights;
  conjugate_gradients(scaled, grid, sparse.mask, options.solve_iterations, weights);
  sparse.weights = scaled.unit.asDiagonal() * weights;
}

}  // namespace edgy::converter
