#include "converter/audit/attackers/attacker.h"

#include <lbfgs.h>

#include <functional>
#include <random>
#include <vector>

#include "converter/error.h"

namespace edgy::converter {
namespace {

// Training is many products of matrices: twice as fast in single precision, and no attack hangs on
// the last digits.
using Vector = Eigen::VectorXf;
using Matrix = Eigen::MatrixXf;

/// Returns the loss at `point` and writes its gradient.
using Objective = std::function<double(const Vector& point, Vector& gradient)>;

Vector minimize(Vector point, const Objective& objective) {
  lbfgs_parameter_t parameters;
  lbfgs_parameter_init(&parameters);
  parameters.max_iterations = 200;
  parameters.epsilon = 1e-3;
  const auto evaluate = [](void* instance, const lbfgsfloatval_t* x, lbfgsfloatval_t* g, int n,
                           lbfgsfloatval_t) {
    const auto& function = *static_cast<const Objective*>(instance);
    Vector gradient(n);
    const double loss = function(Eigen::Map<const Eigen::VectorXd>(x, n).cast<float>(), gradient);
    Eigen::Map<Eigen::VectorXd>(g, n) = gradient.cast<double>();
    return loss;
  };
  // Running into the iteration limit or a line search that can go no further leaves a usable
  // attacker.
  std::vector<lbfgsfloatval_t> values(point.data(), point.data() + point.size());
  lbfgs(static_cast<int>(values.size()), values.data(), nullptr, evaluate, nullptr,
        const_cast<Objective*>(&objective), &parameters);
  return Eigen::Map<Eigen::VectorXd>(values.data(), point.size()).cast<float>();
}

/// Zero mean and unit deviation by the training rows; constant features become zero.
struct Standardizer {
  Eigen::RowVectorXd mean;
  Eigen::RowVectorXd inverse_deviation;

  void fit(const Features& x) {
    mean = x.colwise().mean();
    const Eigen::RowVectorXd variance = (x.rowwise() - mean).array().square().colwise().mean();
    inverse_deviation =
        variance.unaryExpr([](double v) { return v > 1e-12 ? 1 / std::sqrt(v) : 0.0; });
  }
  Matrix apply(const Features& x) const {
    return ((x.rowwise() - mean).array().rowwise() * inverse_deviation.array()).cast<float>();
  }
};

/// Mean cross-entropy of softmax(`logits`) against `y`; `logits` becomes its own gradient.
double softmax_loss(Matrix& logits, std::span<const int> y) {
  const float rows = static_cast<float>(logits.rows());
  double loss = 0;
  for (Eigen::Index i = 0; i < logits.rows(); ++i) {
    const float peak = logits.row(i).maxCoeff();
    logits.row(i) = (logits.row(i).array() - peak).exp();
    const float sum = logits.row(i).sum();
    const int label = y[static_cast<std::size_t>(i)];
    loss -= std::log(std::max(logits(i, label) / sum, 1e-30F));
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
  Eigen::Map<const Matrix> weights(const Vector& p) const { return {p.data() + offset, in, out}; }
  Eigen::Map<const Eigen::RowVectorXf> bias(const Vector& p) const {
    return {p.data() + offset + in * out, out};
  }
  Matrix apply(const Vector& p, const Matrix& x) const {
    return (x * weights(p)).rowwise() + bias(p);
  }
  /// Writes the gradient of this map for inputs `x` and output gradient `d`, penalty included;
  /// returns the penalty.
  double backward(const Vector& p, const Matrix& x, const Matrix& d, float l2, Vector& g) const {
    Eigen::Map<Matrix>(g.data() + offset, in, out) = x.transpose() * d + l2 * weights(p);
    Eigen::Map<Eigen::RowVectorXf>(g.data() + offset + in * out, out) = d.colwise().sum();
    return 0.5 * l2 * static_cast<double>(weights(p).squaredNorm());
  }
};

class LogisticRegression final : public Attacker {
 public:
  explicit LogisticRegression(double l2) : l2_(l2) {}

  void fit(const Features& x, std::span<const int> y, int classes) override {
    classifier_ = fit_logistic_regression(x, y, classes, l2_);
  }

  Eigen::MatrixXd scores(const Features& x) const override {
    const Standardizer standardizer{classifier_.mean, classifier_.inverse_deviation};
    const Matrix logits =
        (standardizer.apply(x) * classifier_.weights).rowwise() + classifier_.bias;
    return logits.cast<double>();
  }

 private:
  double l2_;
  LinearClassifier classifier_;
};

class Perceptron final : public Attacker {
 public:
  Perceptron(int hidden, double l2, uint64_t seed)
      : hidden_(hidden), l2_(static_cast<float>(l2)), seed_(seed) {}

  void fit(const Features& x, std::span<const int> y, int classes) override {
    require_training_data(x, y, classes);
    standardizer_.fit(x);
    const Matrix standardized = standardizer_.apply(x);
    first_ = {0, x.cols(), hidden_};
    second_ = {first_.size(), hidden_, classes};
    parameters_ = minimize(initial(), [&](const Vector& p, Vector& g) {
      const Matrix hidden = first_.apply(p, standardized).array().tanh();
      Matrix d = second_.apply(p, hidden);
      double loss = softmax_loss(d, y);
      loss += second_.backward(p, hidden, d, l2_, g);
      const Matrix through =
          (d * second_.weights(p).transpose()).array() * (1 - hidden.array().square());
      return loss + first_.backward(p, standardized, through, l2_, g);
    });
  }

  Eigen::MatrixXd scores(const Features& x) const override {
    const Matrix hidden = first_.apply(parameters_, standardizer_.apply(x)).array().tanh();
    return second_.apply(parameters_, hidden).cast<double>();
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
        p[map.offset + i] = static_cast<float>(bound * uniform());
    }
    return p;
  }

  int hidden_;
  float l2_;
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

LinearClassifier fit_logistic_regression(const Features& x, std::span<const int> y, int classes,
                                         double l2) {
  require_training_data(x, y, classes);
  Standardizer standardizer;
  standardizer.fit(x);
  const Matrix standardized = standardizer.apply(x);
  const AffineView map{0, x.cols(), classes};
  const Vector parameters = minimize(Vector::Zero(map.size()), [&](const Vector& p, Vector& g) {
    Matrix d = map.apply(p, standardized);
    const double loss = softmax_loss(d, y);
    return loss + map.backward(p, standardized, d, static_cast<float>(l2), g);
  });
  return {standardizer.mean, standardizer.inverse_deviation, map.weights(parameters),
          map.bias(parameters)};
}

std::unique_ptr<Attacker> make_logistic_regression(double l2) {
  return std::make_unique<LogisticRegression>(l2);
}

std::unique_ptr<Attacker> make_perceptron(int hidden, double l2, uint64_t seed) {
  return std::make_unique<Perceptron>(hidden, l2, seed);
}

}  // namespace edgy::converter
