#include "converter/audit/attacker.h"

#include <lbfgs.h>

#include <functional>
#include <random>
#include <vector>

#include "converter/error.h"

namespace edgy::converter {
namespace {

using Vector = Eigen::VectorXd;

/// Returns the loss at `point` and writes its gradient.
using Objective = std::function<double(const Vector& point, Vector& gradient)>;

Vector minimize(Vector point, const Objective& objective) {
  lbfgs_parameter_t parameters;
  lbfgs_parameter_init(&parameters);
  parameters.max_iterations = 300;
  parameters.epsilon = 1e-4;
  const auto evaluate = [](void* instance, const lbfgsfloatval_t* x, lbfgsfloatval_t* g, int n,
                           lbfgsfloatval_t) {
    const auto& function = *static_cast<const Objective*>(instance);
    Vector gradient(n);
    const double loss = function(Eigen::Map<const Vector>(x, n), gradient);
    Eigen::Map<Vector>(g, n) = gradient;
    return loss;
  };
  // Running into the iteration limit or a line search that can go no further leaves a usable
  // attacker.
  std::vector<double> values(point.data(), point.data() + point.size());
  lbfgs(static_cast<int>(values.size()), values.data(), nullptr, evaluate, nullptr,
        const_cast<Objective*>(&objective), &parameters);
  return Eigen::Map<Vector>(values.data(), point.size());
}

/// Zero mean and unit deviation by the training rows; constant features become zero.
class Standardizer {
 public:
  void fit(const Features& x) {
    mean_ = x.colwise().mean();
    const Eigen::RowVectorXd variance = (x.rowwise() - mean_).array().square().colwise().mean();
    inverse_ = variance.unaryExpr([](double v) { return v > 1e-12 ? 1 / std::sqrt(v) : 0.0; });
  }
  Features apply(const Features& x) const {
    return (x.rowwise() - mean_).array().rowwise() * inverse_.array();
  }

 private:
  Eigen::RowVectorXd mean_;
  Eigen::RowVectorXd inverse_;
};

/// Mean cross-entropy of softmax(`logits`) against `y`; `logits` becomes its own gradient.
double softmax_loss(Eigen::MatrixXd& logits, std::span<const int> y) {
  const double rows = static_cast<double>(logits.rows());
  double loss = 0;
  for (Eigen::Index i = 0; i < logits.rows(); ++i) {
    const double peak = logits.row(i).maxCoeff();
    logits.row(i) = (logits.row(i).array() - peak).exp();
    const double sum = logits.row(i).sum();
    const int label = y[static_cast<std::size_t>(i)];
    loss -= std::log(std::max(logits(i, label) / sum, 1e-300));
    logits.row(i) /= sum;
    logits(i, label) -= 1;
  }
  logits /= rows;
  return loss / rows;
}

void require_training_data(const Features& x, std::span<const int> y, int classes) {
  if (x.rows() == 0 || classes < 2 || static_cast<std::size_t>(x.rows()) != y.size()) {
    throw Error("an attacker needs recordings of at least two classes, one label a recording");
  }
}

/// An affine map from `in` to `out` numbers inside a flat parameter vector.
struct AffineView {
  Eigen::Index offset, in, out;
  Eigen::Index size() const { return (in + 1) * out; }
  Eigen::Map<const Eigen::MatrixXd> weights(const Vector& p) const {
    return {p.data() + offset, in, out};
  }
  Eigen::Map<const Eigen::RowVectorXd> bias(const Vector& p) const {
    return {p.data() + offset + in * out, out};
  }
  Eigen::MatrixXd apply(const Vector& p, const Eigen::MatrixXd& x) const {
    return (x * weights(p)).rowwise() + bias(p);
  }
  /// Writes the gradient of this map for inputs `x` and output gradient `d`, penalty included;
  /// returns the penalty.
  double backward(const Vector& p, const Eigen::MatrixXd& x, const Eigen::MatrixXd& d, double l2,
                  Vector& g) const {
    Eigen::Map<Eigen::MatrixXd>(g.data() + offset, in, out) = x.transpose() * d + l2 * weights(p);
    Eigen::Map<Eigen::RowVectorXd>(g.data() + offset + in * out, out) = d.colwise().sum();
    return 0.5 * l2 * weights(p).squaredNorm();
  }
};

class LogisticRegression final : public Attacker {
 public:
  explicit LogisticRegression(double l2) : l2_(l2) {}

  void fit(const Features& x, std::span<const int> y, int classes) override {
    require_training_data(x, y, classes);
    standardizer_.fit(x);
    const Features standardized = standardizer_.apply(x);
    map_ = {0, x.cols(), classes};
    parameters_ = minimize(Vector::Zero(map_.size()), [&](const Vector& p, Vector& g) {
      Eigen::MatrixXd d = map_.apply(p, standardized);
      const double loss = softmax_loss(d, y);
      return loss + map_.backward(p, standardized, d, l2_, g);
    });
  }

  Eigen::MatrixXd scores(const Features& x) const override {
    return map_.apply(parameters_, standardizer_.apply(x));
  }

 private:
  double l2_;
  Standardizer standardizer_;
  AffineView map_{};
  Vector parameters_;
};

class Perceptron final : public Attacker {
 public:
  Perceptron(int hidden, double l2, uint64_t seed) : hidden_(hidden), l2_(l2), seed_(seed) {}

  void fit(const Features& x, std::span<const int> y, int classes) override {
    require_training_data(x, y, classes);
    standardizer_.fit(x);
    const Features standardized = standardizer_.apply(x);
    first_ = {0, x.cols(), hidden_};
    second_ = {first_.size(), hidden_, classes};
    parameters_ = minimize(initial(), [&](const Vector& p, Vector& g) {
      const Eigen::MatrixXd hidden = first_.apply(p, standardized).array().tanh();
      Eigen::MatrixXd d = second_.apply(p, hidden);
      double loss = softmax_loss(d, y);
      loss += second_.backward(p, hidden, d, l2_, g);
      const Eigen::MatrixXd through =
          (d * second_.weights(p).transpose()).array() * (1 - hidden.array().square());
      return loss + first_.backward(p, standardized, through, l2_, g);
    });
  }

  Eigen::MatrixXd scores(const Features& x) const override {
    const Eigen::MatrixXd hidden = first_.apply(parameters_, standardizer_.apply(x)).array().tanh();
    return second_.apply(parameters_, hidden);
  }

 private:
  Vector initial() const {
    // Raw engine output, not std::normal_distribution: its values differ between standard
    // libraries.
    std::mt19937_64 random(seed_);
    const auto uniform = [&] { return 2 * static_cast<double>(random() >> 11) * 0x1p-53 - 1; };
    Vector p = Vector::Zero(first_.size() + second_.size());
    for (const AffineView& map : {first_, second_}) {
      const double bound = std::sqrt(6.0 / static_cast<double>(map.in + map.out));
      for (Eigen::Index i = 0; i < map.in * map.out; ++i)
        p[map.offset + i] = bound * uniform();
    }
    return p;
  }

  int hidden_;
  double l2_;
  uint64_t seed_;
  Standardizer standardizer_;
  AffineView first_{};
  AffineView second_{};
  Vector parameters_;
};

}  // namespace

std::vector<int> Attacker::predict(const Features& x) const {
  const Eigen::MatrixXd values = scores(x);
  std::vector<int> classes(static_cast<std::size_t>(x.rows()));
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    Eigen::Index best = 0;
    values.row(i).maxCoeff(&best);
    classes[static_cast<std::size_t>(i)] = static_cast<int>(best);
  }
  return classes;
}

std::unique_ptr<Attacker> make_logistic_regression(double l2) {
  return std::make_unique<LogisticRegression>(l2);
}

std::unique_ptr<Attacker> make_perceptron(int hidden, double l2, uint64_t seed) {
  return std::make_unique<Perceptron>(hidden, l2, seed);
}

}  // namespace edgy::converter
