// A layer as a least-squares problem.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "converter/reconstruction/layer_data.h"

namespace edgy::converter {

/// Second moments of one group of a layer over calibration data, means taken off: with them the
/// bias that fits best is known for any weights. The mean squared error of output r with weights w
/// (a column, in the layer's units) and that bias is
/// w' gram w - 2 w' cross.col(r) + target_power[r].
/// Inputs are integers, so one that varies at all has a variance of 1 / (2 n) or more over n
/// positions: what is less is the rounding of the sums, and taken for none.
struct LayerProblem {
  Eigen::MatrixXf gram;              ///< [inputs x inputs]
  Eigen::MatrixXf cross;             ///< [inputs x outputs]
  Eigen::Array<bool, -1, 1> varies;  ///< [inputs]
  Eigen::VectorXf input_mean;        ///< [inputs]
  Eigen::VectorXf target_mean;       ///< [outputs]
  Eigen::VectorXd target_power;      ///< [outputs]
};

LayerProblem layer_problem(const LayerData& data, int64_t group);

/// Moves the targets to where the layer's fused activation leaves them free: what it clips needs
/// only to be clipped again, so a target outside its range follows the prediction with `weights`
/// and `bias` as far as that stays outside. Fitting anew can then not make the error after the
/// activation greater (majorization), and often makes it much less.
void follow_activation(const LayerData& data, int64_t group, const Eigen::MatrixXf& weights,
                       const std::vector<float>& bias, LayerProblem& problem);

/// Mean squared error of each output, as above.
Eigen::VectorXd errors_of(const LayerProblem& problem, const Eigen::MatrixXf& weights);

/// How many inputs that vary by themselves have as much to say as the problem's: the squared trace
/// of their correlations over the sum of their squares (the participation ratio). From 1, all
/// alike, to the number of inputs that vary; 0 if none does.
double independent_inputs(const LayerProblem& problem);

}  // namespace edgy::converter
