// Weights as integers.
#pragma once

#include "converter/quantization/quantized_build.h"
#include "converter/reconstruction/block_mask.h"
#include "converter/reconstruction/layer_problem.h"

namespace edgy::converter {

/// `weights` [inputs x outputs] (in steps of the input's scale) as integers of `bits` bits, one
/// scale an output: that of round_weights. With `sweeps` > 0 the integers are improved by that many
/// rounds of coordinate descent on the error of the layer's outputs (QuantEase, arXiv:2309.01885):
/// no round makes it greater. Weights that `mask` drops are zero and stay so. The scales are of
/// real weights, for inputs of scale `input_scale`.
QuantizedWeights round_to_fit(const LayerProblem& problem, const format::BlockGrid& grid,
                              const BlockMask& mask, const Eigen::MatrixXf& weights, int bits,
                              int sweeps, float input_scale);

/// The integers as weights in steps of the input's scale, [inputs x outputs].
Eigen::MatrixXf in_input_steps(const QuantizedWeights& weights, float input_scale);

/// The bias with which these weights have no mean error.
std::vector<float> fitted_bias(const LayerProblem& problem, const Eigen::MatrixXf& weights);

}  // namespace edgy::converter
