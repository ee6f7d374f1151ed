#include "converter/reconstruction/layer_problem.h"

#include <algorithm>

#include "converter/reconstruction/dense_algebra.h"

namespace edgy::converter {
namespace {

/// Positions of one partial sum: so many products of 7-bit numbers add up exactly in a float.
constexpr int64_t kChunk = 1024;

/// Calls f(x [inputs x count], y [count x outputs]) for all positions, `count` of them at a time.
template <typename F>
void for_each_chunk(const LayerData& data, int64_t group, F f) {
  const int64_t outputs = data.window().outputs;
  const Eigen::OuterStride<> stride(outputs * data.window().groups);
  Eigen::MatrixXf x;
  for (int64_t first = 0; first < data.positions(); first += kChunk) {
    const int64_t count = std::min(kChunk, data.positions() - first);
    x.resize(data.window().inputs(), count);
    data.unfold(group, first, count, x.data());
    const Eigen::Map<const Eigen::MatrixXf, 0, Eigen::OuterStride<>> y(
        data.targets(first) + group * outputs, outputs, count, stride);
    f(x, y.transpose());
  }
}

double count_of(const LayerData& data) {
  return static_cast<double>(std::max<int64_t>(1, data.positions()));
}

/// The moments that depend on targets.
class TargetMoments {
 public:
  explicit TargetMoments(const LayerData& data)
      : cross_(Eigen::MatrixXd::Zero(data.window().inputs(), data.window().outputs)),
        sum_(Eigen::VectorXd::Zero(data.window().outputs)),
        square_(Eigen::VectorXd::Zero(data.window().outputs)) {}

  void add(const Eigen::MatrixXf& x, const Eigen::MatrixXf& y) {
    part_.resize(cross_.rows(), cross_.cols());
    dense_algebra().multiply(false, x.rows(), y.cols(), x.cols(), 1, x.data(), y.data(), 0,
                             part_.data());
    cross_ += part_.cast<double>();
    sum_ += y.colwise().sum().transpose().cast<double>();
    square_ += y.cwiseAbs2().colwise().sum().transpose().cast<double>();
  }

  void finish(double n, LayerProblem& problem) const {
    const Eigen::VectorXd mean = sum_ / n;
    problem.target_mean = mean.cast<float>();
    problem.target_power = square_ / n - mean.cwiseAbs2();
    problem.cross =
        (cross_ / n - problem.input_mean.cast<double>() * mean.transpose()).cast<float>();
    for (Eigen::Index i = 0; i < problem.cross.rows(); ++i) {
      if (!problem.varies[i])
        problem.cross.row(i).setZero();
    }
  }

 private:
  Eigen::MatrixXd cross_;
  Eigen::VectorXd sum_;
  Eigen::VectorXd square_;
  Eigen::MatrixXf part_;
};

}  // namespace

LayerProblem layer_problem(const LayerData& data, int64_t group) {
  const int64_t inputs = data.window().inputs();
  const double n = count_of(data);
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(inputs, inputs);
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(inputs);
  Eigen::MatrixXf part(inputs, inputs);
  TargetMoments moments(data);
  for_each_chunk(data, group, [&](const Eigen::MatrixXf& x, const Eigen::MatrixXf& y) {
    part.setZero();
    dense_algebra().add_gram(inputs, x.cols(), x.data(), part.data());
    gram += part.cast<double>();
    sum += x.rowwise().sum().cast<double>();
    moments.add(x, y);
  });
  const Eigen::VectorXd mean = sum / n;
  LayerProblem problem;
  problem.input_mean = mean.cast<float>();
  problem.varies = (gram.diagonal() / n - mean.cwiseAbs2()).array() > 0.5 / n;
  problem.gram.resize(inputs, inputs);
  for (int64_t j = 0; j < inputs; ++j) {
    for (int64_t i = j; i < inputs; ++i) {
      const bool both = problem.varies[i] && problem.varies[j];
      const auto value = both ? static_cast<float>(gram(i, j) / n - mean[i] * mean[j]) : 0.0F;
      problem.gram(i, j) = value;
      problem.gram(j, i) = value;
    }
  }
  moments.finish(n, problem);
  return problem;
}

void follow_activation(const LayerData& data, int64_t group, const Eigen::MatrixXf& weights,
                       const std::vector<float>& bias, LayerProblem& problem) {
  const float low = data.activation_min();
  const float high = data.activation_max();
  const Eigen::Map<const Eigen::RowVectorXf> offset(bias.data(),
                                                    static_cast<Eigen::Index>(bias.size()));
  TargetMoments moments(data);
  Eigen::MatrixXf predicted;
  for_each_chunk(data, group, [&](const Eigen::MatrixXf& x, const Eigen::MatrixXf& y) {
    predicted.resize(y.rows(), y.cols());
    dense_algebra().multiply(true, x.cols(), weights.cols(), x.rows(), 1, x.data(), weights.data(),
                             0, predicted.data());
    predicted.rowwise() += offset;
    for (Eigen::Index i = 0; i < y.size(); ++i) {
      float& target = predicted.data()[i];
      const float wanted = y.data()[i];
      target = wanted <= low    ? std::min(target, low)
               : wanted >= high ? std::max(target, high)
                                : wanted;
    }
    moments.add(x, predicted);
  });
  moments.finish(count_of(data), problem);
}

double independent_inputs(const LayerProblem& problem) {
  const Eigen::VectorXd power = problem.gram.diagonal().cast<double>();
  const Eigen::VectorXd share = power.unaryExpr([](double p) { return p > 0 ? 1 / p : 0.0; });
  const double count = power.dot(share);
  double squares = 0;
  for (Eigen::Index j = 0; j < power.size(); ++j)
    squares += share[j] * problem.gram.col(j).cast<double>().cwiseAbs2().dot(share);
  return squares > 0 ? count * count / squares : 0;
}

Eigen::VectorXd errors_of(const LayerProblem& problem, const Eigen::MatrixXf& weights) {
  Eigen::MatrixXf product(weights.rows(), weights.cols());
  dense_algebra().multiply(false, weights.rows(), weights.cols(), weights.rows(), 1,
                           problem.gram.data(), weights.data(), 0, product.data());
  product -= 2 * problem.cross;
  return (weights.cast<double>().cwiseProduct(product.cast<double>())).colwise().sum().transpose() +
         problem.target_power;
}

}  // namespace edgy::converter
