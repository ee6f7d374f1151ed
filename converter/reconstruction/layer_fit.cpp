#include "converter/reconstruction/layer_fit.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "converter/reconstruction/reconstruction.h"
#include "converter/reconstruction/rounding.h"

namespace edgy::converter {
namespace {

constexpr int kQuickIterations = 12;

template <typename T>
void append(std::vector<T>& list, const std::vector<T>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

/// Groups share the weights that stay evenly, to the last one.
int64_t share_of(int64_t keep, int64_t group, int64_t groups) {
  return keep * (group + 1) / groups - keep * group / groups;
}

/// Weights of a group as the model has them, in the layer's units.
Eigen::MatrixXf prior_of(const LayerData& data, const std::vector<float>& weights, int64_t group) {
  const int64_t inputs = data.window().inputs();
  const int64_t outputs = data.window().outputs;
  return Eigen::Map<const Eigen::MatrixXf>(
             &weights[static_cast<std::size_t>(group * outputs * inputs)], inputs, outputs) *
         (data.units().input / data.units().target);
}

/// The part of a layer's grid that one group has.
format::BlockGrid part_of(const format::BlockGrid& grid, const Window& window) {
  format::BlockGrid part = grid;
  part.rows = window.outputs;
  return part;
}

/// `pulled`: the problem that integers are improved for; its damping is that of the weights.
void finish_group(const LayerProblem& problem, const LayerProblem& pulled,
                  const format::BlockGrid& part, const SparseWeights& sparse, int bits, int sweeps,
                  const LayerUnits& units, FittedLayer& result) {
  const QuantizedWeights rounded =
      round_to_fit(pulled, part, sparse.mask, sparse.weights, bits, sweeps, units);
  append(result.mask, sparse.mask);
  append(result.weights.values, rounded.values);
  append(result.weights.scale, rounded.scale);
  result.weights.bits = bits;
  append(result.bias, fitted_bias(problem, in_layer_units(rounded, units), units));
}

/// `options` with the damping that a layer needs which sees as few positions as `data` has.
ReconstructionOptions damped_by_data(ReconstructionOptions options, const LayerData& data,
                                     const LayerProblem& problem) {
  const auto positions = static_cast<double>(std::max<int64_t>(1, data.positions()));
  options.damping =
      std::max(options.damping, options.sample_damping * independent_inputs(problem) / positions);
  return options;
}

/// Fits `sparse` again to targets that follow the activation, which `problem` then has.
void follow(const LayerData& data, int64_t group, const Eigen::MatrixXf& prior,
            const format::BlockGrid& part, const ReconstructionOptions& options,
            LayerProblem& problem, SparseWeights& sparse) {
  const bool clips = std::isfinite(data.activation_min()) || std::isfinite(data.activation_max());
  for (int i = 0; clips && i < options.activation_rounds; ++i) {
    follow_activation(data, group, sparse.weights, fitted_bias(problem, sparse.weights, {}),
                      problem);
    refit(problem, part, prior, options, sparse);
  }
}

/// Weights of one group that fit `problem`, its own (layer_problem), in which targets follow the
/// activation then.
SparseWeights fit_group(const LayerData& data, int64_t group, const Eigen::MatrixXf& prior,
                        const format::BlockGrid& part, const PruningPattern& pattern, int64_t keep,
                        const ReconstructionOptions& options, LayerProblem& problem) {
  SparseWeights sparse = reconstruct(problem, part, pattern, keep, prior, options);
  follow(data, group, prior, part, options, problem, sparse);
  return sparse;
}

}  // namespace

FittedLayer fit_layer(const LayerData& data, const std::vector<float>& weights,
                      const format::BlockGrid& grid, const PruningPattern& pattern, int64_t keep,
                      int bits, const ReconstructionOptions& options) {
  const format::BlockGrid part = part_of(grid, data.window());
  const int64_t groups = data.window().groups;
  FittedLayer result;
  for (int64_t group = 0; group < groups; ++group) {
    LayerProblem problem = layer_problem(data, group);
    const ReconstructionOptions own = damped_by_data(options, data, problem);
    const Eigen::MatrixXf prior = prior_of(data, weights, group);
    const SparseWeights sparse =
        fit_group(data, group, prior, part, pattern, share_of(keep, group, groups), own, problem);
    finish_group(problem, damped(problem, prior, own.damping), part, sparse, bits,
                 options.rounding_sweeps, data.units(), result);
  }
  return result;
}

FittedLayer fit_masked_layer(const LayerData& data, const std::vector<float>& weights,
                             const format::BlockGrid& grid, const BlockMask& mask, int bits,
                             const ReconstructionOptions& options) {
  const format::BlockGrid part = part_of(grid, data.window());
  FittedLayer result;
  for (int64_t group = 0; group < data.window().groups; ++group) {
    LayerProblem problem = layer_problem(data, group);
    const Eigen::MatrixXf prior = prior_of(data, weights, group);
    const auto first = mask.begin() + group * part.blocks();
    SparseWeights sparse{{first, first + part.blocks()}, prior};
    refit(problem, part, prior, options, sparse);
    follow(data, group, prior, part, options, problem, sparse);
    finish_group(problem, damped(problem, prior, options.damping), part, sparse, bits,
                 options.rounding_sweeps, data.units(), result);
  }
  return result;
}

FloatWeights refit_layer(const LayerData& data, const std::vector<float>& weights,
                         const format::BlockGrid& grid, const ReconstructionOptions& options) {
  const format::BlockGrid part = part_of(grid, data.window());
  FloatWeights result;
  for (int64_t group = 0; group < data.window().groups; ++group) {
    LayerProblem problem = layer_problem(data, group);
    const SparseWeights fitted = fit_group(data, group, prior_of(data, weights, group), part, {},
                                           part.elements(), options, problem);
    const Eigen::MatrixXf real = real_weights(fitted.weights, data.units());
    result.weights.insert(result.weights.end(), real.data(), real.data() + real.size());
    append(result.bias, fitted_bias(problem, fitted.weights, data.units()));
  }
  return result;
}

QuickFit::QuickFit(const LayerData& data, const std::vector<float>& weights,
                   const format::BlockGrid& grid, const ReconstructionOptions& options)
    : part_(part_of(grid, data.window())), units_(data.units()), options_(options) {
  options_.mask_iterations = 0;
  options_.solve_iterations = kQuickIterations;
  for (int64_t group = 0; group < data.window().groups; ++group) {
    priors_.push_back(prior_of(data, weights, group));
    problems_.push_back(layer_problem(data, group));
  }
}

FittedLayer QuickFit::at(const PruningPattern& pattern, int64_t keep, int bits) const {
  FittedLayer result;
  const auto groups = static_cast<int64_t>(problems_.size());
  for (std::size_t i = 0; i < problems_.size(); ++i) {
    const SparseWeights sparse =
        reconstruct(problems_[i], part_, pattern, share_of(keep, static_cast<int64_t>(i), groups),
                    priors_[i], options_);
    finish_group(problems_[i], problems_[i], part_, sparse, bits, bits < 8 ? 1 : 0, units_, result);
  }
  return result;
}

}  // namespace edgy::converter
