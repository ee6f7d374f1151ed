#include "converter/audit/command/rounded_classifier.h"

#include <cmath>

namespace edgy::converter {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kWeightLimit = 127;

/// judge() owns the one attacker of the one fold: this one is kept by who asked.
class Kept final : public Attacker {
 public:
  explicit Kept(RoundedClassifier& kept) : kept_(kept) {}
  void fit(const Features& x, std::span<const int> y, int classes) override {
    kept_.fit(x, y, classes);
  }
  Eigen::MatrixXd scores(const Features& x) const override { return kept_.scores(x); }

 private:
  RoundedClassifier& kept_;
};

}  // namespace

double short_number(double value) {
  if (value == 0 || !std::isfinite(value))
    return 0;
  const double scale = std::pow(10.0, 3 - std::floor(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}

Json short_numbers(const Eigen::Ref<const Eigen::RowVectorXd>& values) {
  Json list = Json::array();
  for (const double value : values)
    list.push_back(short_number(value));
  return list;
}

void RoundedClassifier::fit(const Features& x, std::span<const int> y, int classes) {
  classifier_ = fit_logistic_regression(x, y, classes);
  for (auto* values : {&classifier_.mean, &classifier_.inverse_deviation})
    *values = values->unaryExpr([](double v) { return short_number(v); });
  step_ = classifier_.weights.colwise().lpNorm<Eigen::Infinity>() / kWeightLimit;
  step_ = step_.unaryExpr([](float v) { return static_cast<float>(short_number(v)); });
  for (Eigen::Index c = 0; c < classes; ++c) {
    const float step = step_[c] > 0 ? step_[c] : 1;
    classifier_.weights.col(c) = (classifier_.weights.col(c) / step).array().round();
  }
}

Eigen::MatrixXd RoundedClassifier::scores(const Features& x) const {
  const Features standardized =
      (x.rowwise() - classifier_.mean).array().rowwise() * classifier_.inverse_deviation.array();
  const Features products = standardized * classifier_.weights.cast<double>();
  return (products.array().rowwise() * step_.cast<double>().array()).matrix().rowwise() +
         classifier_.bias.cast<double>();
}

Json RoundedClassifier::json() const {
  Json weights = Json::array();
  for (Eigen::Index c = 0; c < classifier_.weights.cols(); ++c) {
    Json column = Json::array();
    for (const float weight : classifier_.weights.col(c))
      column.push_back(static_cast<int>(weight));
    weights.push_back(std::move(column));
  }
  return {{"mean", short_numbers(classifier_.mean)},
          {"scale", short_numbers(classifier_.inverse_deviation)},
          {"step", short_numbers(step_.cast<double>())},
          {"weights", std::move(weights)},
          {"bias", short_numbers(classifier_.bias.cast<double>())}};
}

Measure judge_rounded(const Trial& trial, RoundedClassifier& classifier) {
  return judge(trial, [&] { return std::make_unique<Kept>(classifier); });
}

}  // namespace edgy::converter
