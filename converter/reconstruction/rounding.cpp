#include "converter/reconstruction/rounding.h"

#include <cmath>

#include "converter/reconstruction/dense_algebra.h"

namespace edgy::converter {

QuantizedWeights round_to_fit(const LayerProblem& problem, const format::BlockGrid& grid,
                              const BlockMask& mask, const Eigen::MatrixXf& weights, int bits,
                              int sweeps, float input_scale) {
  const Eigen::MatrixXf real = weights / input_scale;
  QuantizedWeights result =
      round_weights({real.data(), real.data() + real.size()}, static_cast<std::size_t>(real.cols()),
                    bits, least_weight_scale(input_scale));
  if (sweeps == 0)
    return result;
  std::vector<uint8_t> stays(result.values.size());
  for (std::size_t block = 0; block < mask.size(); ++block) {
    if (mask[block])
      for_each_weight(grid, static_cast<int64_t>(block), [&](std::size_t i) { stays[i] = 1; });
  }
  Eigen::MatrixXf rounded = in_input_steps(result, input_scale);
  Eigen::MatrixXf gradient = -problem.cross;
  const DenseAlgebra& algebra = dense_algebra();
  const int64_t inputs = rounded.rows();
  algebra.multiply(false, inputs, rounded.cols(), inputs, 1, problem.gram.data(), rounded.data(), 1,
                   gradient.data());
  std::vector<float> steps;
  for (const float scale : result.scale)
    steps.push_back(scale * input_scale);
  algebra.descend(inputs, rounded.cols(), problem.gram.data(), stays.data(), steps.data(),
                  static_cast<float>(greatest_weight(bits)), sweeps, gradient.data(),
                  rounded.data());
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    const float step = steps[i / static_cast<std::size_t>(inputs)];
    result.values[i] = static_cast<int8_t>(std::lround(rounded.data()[i] / step));
  }
  return result;
}

Eigen::MatrixXf in_input_steps(const QuantizedWeights& weights, float input_scale) {
  const auto outputs = static_cast<Eigen::Index>(weights.scale.size());
  const auto inputs = static_cast<Eigen::Index>(weights.values.size()) / outputs;
  Eigen::MatrixXf result =
      Eigen::Map<const Eigen::Matrix<int8_t, -1, -1>>(weights.values.data(), inputs, outputs)
          .cast<float>();
  for (Eigen::Index r = 0; r < outputs; ++r)
    result.col(r) *= weights.scale[static_cast<std::size_t>(r)] * input_scale;
  return result;
}

std::vector<float> fitted_bias(const LayerProblem& problem, const Eigen::MatrixXf& weights) {
  const Eigen::VectorXf bias = problem.target_mean - weights.transpose() * problem.input_mean;
  return {bias.data(), bias.data() + bias.size()};
}

}  // namespace edgy::converter
