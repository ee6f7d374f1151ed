#include "converter/reconstruction/rounding.h"

#include <cmath>

#include "converter/reconstruction/dense_algebra.h"

namespace edgy::converter {
namespace {

/// A real weight in the layer's units.
float unit_of(float weight, const LayerUnits& units) {
  return weight * units.input / units.target;
}

}  // namespace

QuantizedWeights round_to_fit(const LayerProblem& problem, const format::BlockGrid& grid,
                              const BlockMask& mask, const Eigen::MatrixXf& weights, int bits,
                              int sweeps, const LayerUnits& units) {
  const Eigen::MatrixXf real = real_weights(weights, units);
  QuantizedWeights result =
      round_weights({real.data(), real.data() + real.size()}, static_cast<std::size_t>(real.cols()),
                    bits, least_weight_scale(units.input));
  if (sweeps == 0)
    return result;
  std::vector<uint8_t> stays(result.values.size());
  for (std::size_t block = 0; block < mask.size(); ++block) {
    if (mask[block])
      for_each_weight(grid, static_cast<int64_t>(block), [&](std::size_t i) { stays[i] = 1; });
  }
  Eigen::MatrixXf rounded = in_layer_units(result, units);
  Eigen::MatrixXf gradient = -problem.cross;
  const DenseAlgebra& algebra = dense_algebra();
  const int64_t inputs = rounded.rows();
  algebra.multiply(false, inputs, rounded.cols(), inputs, 1, problem.gram.data(), rounded.data(), 1,
                   gradient.data());
  std::vector<float> steps;
  for (const float scale : result.scale)
    steps.push_back(unit_of(scale, units));
  algebra.descend(inputs, rounded.cols(), problem.gram.data(), stays.data(), steps.data(),
                  static_cast<float>(greatest_weight(bits)), sweeps, gradient.data(),
                  rounded.data());
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    const float step = steps[i / static_cast<std::size_t>(inputs)];
    result.values[i] = static_cast<int8_t>(std::lround(rounded.data()[i] / step));
  }
  return result;
}

Eigen::MatrixXf real_weights(const Eigen::MatrixXf& weights, const LayerUnits& units) {
  return weights / units.input * units.target;
}

Eigen::MatrixXf in_layer_units(const QuantizedWeights& weights, const LayerUnits& units) {
  const auto outputs = static_cast<Eigen::Index>(weights.scale.size());
  const auto inputs = static_cast<Eigen::Index>(weights.values.size()) / outputs;
  Eigen::MatrixXf result =
      Eigen::Map<const Eigen::Matrix<int8_t, -1, -1>>(weights.values.data(), inputs, outputs)
          .cast<float>();
  for (Eigen::Index r = 0; r < outputs; ++r)
    result.col(r) *= unit_of(weights.scale[static_cast<std::size_t>(r)], units);
  return result;
}

std::vector<float> fitted_bias(const LayerProblem& problem, const Eigen::MatrixXf& weights,
                               const LayerUnits& units) {
  const Eigen::VectorXf bias =
      (problem.target_mean - weights.transpose() * problem.input_mean) * units.target;
  return {bias.data(), bias.data() + bias.size()};
}

}  // namespace edgy::converter
