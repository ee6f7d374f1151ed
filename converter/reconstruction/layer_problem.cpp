#include "converter/reconstruction/layer_problem.h"

#include <algorithm>

#include "converter/reconstruction/dense_algebra.h"

namespace edgy::converter {
namespace {

/// Positions of one partial sum: so many products of 7-bit numbers add up exactly in a float.
constexpr int64_t kChunk = 1024;

/// Positions `first` .. `last` - 1 of the data.
struct Stretch {
  int64_t first = 0;
  int64_t last = 0;
};
using Stretches = std::vector<Stretch>;

double count_of(const Stretches& stretches) {
  int64_t count = 0;
  for (const Stretch& stretch : stretches)
    count += stretch.last - stretch.first;
  return static_cast<double>(std::max<int64_t>(1, count));
}

Stretches stretches_of(const LayerData& data, FittedTo positions) {
  if (positions == FittedTo::kSplicedToo)
    return {{0, data.positions()}};
  return {{0, data.first_spliced()}, {data.first_held_back(), data.positions()}};
}

/// Calls f(x [inputs x count], y [count x outputs]) for the positions, `count` of them at a time.
template <typename F>
void for_each_chunk(const LayerData& data, int64_t group, const Stretches& stretches, F f) {
  const int64_t outputs = data.window().outputs;
  const Eigen::OuterStride<> stride(outputs * data.window().groups);
  Eigen::MatrixXf x;
  for (const Stretch& stretch : stretches) {
    for (int64_t first = stretch.first; first < stretch.last; first += kChunk) {
      const int64_t count = std::min(kChunk, stretch.last - first);
      x.resize(data.window().inputs(), count);
      data.unfold(group, first, count, x.data());
      const Eigen::Map<const Eigen::MatrixXf, 0, Eigen::OuterStride<>> y(
          data.targets(first) + group * outputs, outputs, count, stride);
      f(x, y.transpose());
    }
  }
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

LayerProblem problem_of(const LayerData& data, int64_t group, const Stretches& stretches) {
  const int64_t inputs = data.window().inputs();
  const double n = count_of(stretches);
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(inputs, inputs);
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(inputs);
  Eigen::MatrixXf part(inputs, inputs);
  TargetMoments moments(data);
  for_each_chunk(data, group, stretches, [&](const Eigen::MatrixXf& x, const Eigen::MatrixXf& y) {
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

/// The problem of the positions of both; `share` of them are a's.
LayerProblem together(const LayerProblem& a, const LayerProblem& b, double share) {
  const auto of_a = static_cast<float>(share);
  const float of_b = 1 - of_a;
  const Eigen::VectorXf inputs = a.input_mean - b.input_mean;
  const Eigen::VectorXf targets = a.target_mean - b.target_mean;
  LayerProblem both;
  both.varies = a.varies || b.varies || (inputs.array() != 0);
  const Eigen::VectorXf apart = both.varies.select(inputs, 0);
  both.gram = of_a * a.gram + of_b * b.gram + of_a * of_b * apart * apart.transpose();
  both.cross = of_a * a.cross + of_b * b.cross + of_a * of_b * apart * targets.transpose();
  both.input_mean = of_a * a.input_mean + of_b * b.input_mean;
  both.target_mean = of_a * a.target_mean + of_b * b.target_mean;
  both.target_power = share * a.target_power + (1 - share) * b.target_power +
                      share * (1 - share) * targets.cast<double>().cwiseAbs2();
  return both;
}

}  // namespace

LayerProblem layer_problem(const LayerData& data, int64_t group, FittedTo positions) {
  return problem_of(data, group, stretches_of(data, positions));
}

std::vector<JudgedProblem> judged_problems(const LayerData& data, int64_t group) {
  const int64_t spliced = data.first_spliced();
  const int64_t held_back = data.first_held_back();
  if (spliced == 0 || held_back == data.positions())
    return {{FittedTo::kSamples, layer_problem(data, group), {}, {}}};
  JudgedProblem plain;
  plain.fitted = problem_of(data, group, {{0, spliced}});
  plain.held_back = problem_of(data, group, {{held_back, data.positions()}});
  const auto judged = static_cast<double>(data.positions() - held_back);
  const auto real = static_cast<double>(spliced);
  plain.all = together(plain.fitted, plain.held_back, real / (real + judged));
  if (spliced == held_back)
    return {std::move(plain)};
  JudgedProblem more;
  more.positions = FittedTo::kSplicedToo;
  const auto fitted = static_cast<double>(held_back);
  more.fitted =
      together(plain.fitted, problem_of(data, group, {{spliced, held_back}}), real / fitted);
  more.held_back = plain.held_back;
  more.all = together(more.fitted, more.held_back, fitted / (fitted + judged));
  return {std::move(plain), std::move(more)};
}

double error_elsewhere(const LayerProblem& problem, const LayerProblem& judge,
                       const Eigen::MatrixXf& weights) {
  // The bias takes off the mean error that the weights have where they were fitted.
  const Eigen::VectorXf offset = problem.target_mean - judge.target_mean -
                                 weights.transpose() * (problem.input_mean - judge.input_mean);
  return errors_of(judge, weights).sum() + offset.cast<double>().squaredNorm();
}

void follow_activation(const LayerData& data, int64_t group, FittedTo positions,
                       const Eigen::MatrixXf& weights, const std::vector<float>& bias,
                       LayerProblem& problem) {
  const float low = data.activation_min();
  const float high = data.activation_max();
  const Eigen::Map<const Eigen::RowVectorXf> offset(bias.data(),
                                                    static_cast<Eigen::Index>(bias.size()));
  TargetMoments moments(data);
  Eigen::MatrixXf predicted;
  const Stretches stretches = stretches_of(data, positions);
  for_each_chunk(data, group, stretches, [&](const Eigen::MatrixXf& x, const Eigen::MatrixXf& y) {
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
  moments.finish(count_of(stretches), problem);
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
