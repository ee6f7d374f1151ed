// Logistic regression in numbers that a page reads: integers of 8 bits, and figures of four digits.
#pragma once

#include <nlohmann/json.hpp>

#include "converter/audit/evaluation.h"

namespace edgy::converter {

/// A number with four figures: what a page needs, and no more bytes than that.
double short_number(double value);

/// A list of short numbers.
nlohmann::ordered_json short_numbers(const Eigen::Ref<const Eigen::RowVectorXd>& values);

/// Logistic regression as it is shipped, rounded; judged as such.
class RoundedClassifier final : public Attacker {
 public:
  void fit(const Features& x, std::span<const int> y, int classes) override;
  Eigen::MatrixXd scores(const Features& x) const override;

  /// {mean, scale, step, weights, bias}: the score of class c for features x is bias[c] + step[c] *
  /// sum over f of weights[c][f] * (x[f] - mean[f]) * scale[f]; weights are integers in -127..127.
  nlohmann::ordered_json json() const;

 private:
  LinearClassifier classifier_;
  Eigen::RowVectorXf step_;
};

/// Trains `classifier` on the rows of `trial` that are judged by nobody and judges it on the
/// others; the trial must have a single fold.
Measure judge_rounded(const Trial& trial, RoundedClassifier& classifier);

}  // namespace edgy::converter
