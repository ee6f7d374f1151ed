// Simple attackers: what someone who is handed a representation can learn about the speaker with an
// afternoon's effort.
#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace edgy::converter {

/// One row a recording, one column a feature.
using Features = Eigen::MatrixXd;

/// A classifier that is trained on one part of the recordings and judged on another. Deterministic.
class Attacker {
 public:
  virtual ~Attacker() = default;
  /// Trains from scratch on rows of `x` with classes `y` in 0..classes-1. Features are standardized
  /// by the statistics of `x`.
  virtual void fit(const Features& x, std::span<const int> y, int classes) = 0;
  /// Log-odds up to a constant, [rows of x, classes]; valid after fit.
  virtual Eigen::MatrixXd scores(const Features& x) const = 0;

  /// The most likely class of each row; the first of equals.
  std::vector<int> predict(const Features& x) const;
};

/// A classifier that is one affine map: score of class c = bias[c] + sum over features f of
/// weights(f, c) (x[f] - mean[f]) inverse_deviation[f].
struct LinearClassifier {
  Eigen::RowVectorXd mean;
  Eigen::RowVectorXd inverse_deviation;  ///< 0 for features that were constant in training
  Eigen::MatrixXf weights;               ///< [features, classes]
  Eigen::RowVectorXf bias;               ///< [classes]
};

/// What make_logistic_regression trains, for those who want to look inside.
LinearClassifier fit_logistic_regression(const Features& x, std::span<const int> y, int classes,
                                         double l2 = 1e-2);

/// Multinomial logistic regression, L2 penalty `l2` on weights (not on biases), by L-BFGS to
/// convergence.
std::unique_ptr<Attacker> make_logistic_regression(double l2 = 1e-2);

/// One hidden layer of `hidden` tanh units, the same loss and optimizer, weights initialized from
/// `seed`.
std::unique_ptr<Attacker> make_perceptron(int hidden = 64, double l2 = 1e-2, uint64_t seed = 1);

}  // namespace edgy::converter
