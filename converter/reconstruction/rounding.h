// Weights as integers.
#pragma once

#include "converter/quantization/quantized_build.h"
#include "converter/reconstruction/block_mask.h"
#include "converter/reconstruction/layer_problem.h"

namespace edgy::converter {

/// `weights` [inputs x outputs] (in the layer's units) as integers of `bits` bits, one
/// scale an output: that of round_weights. With `sweeps` > 0 the integers are improved by that many
/// rounds of coordinate descent on the error of the layer's outputs (QuantEase, arXiv:2309.01885):
/// no round makes it greater. Weights that `mask` drops are zero and stay so. The scales are of
/// real weights.
QuantizedWeights round_to_fit(const LayerProblem& problem, const format::BlockGrid& grid,
                              const BlockMask& mask, const Eigen::MatrixXf& weights, int bits,
                              int sweeps, const LayerUnits& units);

/// Weights in the layer's units as real ones.
Eigen::MatrixXf real_weights(const Eigen::MatrixXf& weights, const LayerUnits& units);

/// The integers as weights in the layer's units, [inputs x outputs].
Eigen::MatrixXf in_layer_units(const QuantizedWeights& weights, const LayerUnits& units);

/// The real bias with which `weights` (in the layer's units) have no mean error.
std::vector<float> fitted_bias(const LayerProblem& problem, const Eigen::MatrixXf& weights,
                               const LayerUnits& units);

}  // namespace edgy::converter
