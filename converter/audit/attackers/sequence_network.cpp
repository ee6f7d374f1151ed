#include "converter/audit/attackers/sequence_network.h"

#include <cmath>
#include <numbers>
#include <random>
#include <span>

#include "converter/error.h"

namespace edgy::converter {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Row = Eigen::RowVectorXf;
using Codes = std::span<const int32_t>;

/// Weights with their moments and the gradient of a step.
struct Weights {
  Matrix value, gradient, first, second;

  void start(Eigen::Index rows, Eigen::Index columns) {
    value = gradient = first = second = Matrix::Zero(rows, columns);
  }
  void adam(int step, float rate, float decay) {
    constexpr float kBeta1 = 0.9F;
    constexpr float kBeta2 = 0.999F;
    const float one = 1 - std::pow(kBeta1, static_cast<float>(step));
    const float two = 1 - std::pow(kBeta2, static_cast<float>(step));
    first = kBeta1 * first + (1 - kBeta1) * gradient;
    second.array() = kBeta2 * second.array() + (1 - kBeta2) * gradient.array().square();
    value.array() -= rate * (first.array() / one / ((second.array() / two).sqrt() + 1e-8F) +
                             decay * value.array());
    gradient.setZero();
  }
};

/// What a crop looks like to the last layer, and what is needed on the way back.
struct Seen {
  Matrix hidden;                       ///< [codes, units]
  Row pooled;                          ///< [mean of each unit | its maximum]
  std::vector<Eigen::Index> greatest;  ///< where each unit is largest
};

class SequenceNetwork final : public Attacker {
 public:
  SequenceNetwork(const std::vector<CodeSequence>& sequences, int32_t codes, uint64_t seed,
                  const SequenceNetworkOptions& options)
      : sequences_(sequences), codes_(codes), options_(options), random_(seed) {}

  void fit(const Features& x, std::span<const int> y, int classes) override {
    if (x.rows() == 0 || classes < 2 || static_cast<std::size_t>(x.rows()) != y.size())
      throw Error("an attacker needs recordings of at least two classes, one label a recording");
    start(classes);
    for (int step = 1; step <= options_.steps; ++step) {
      for (int i = 0; i < options_.batch; ++i) {
        const auto row = static_cast<Eigen::Index>(random_() % static_cast<uint64_t>(x.rows()));
        learn(random_crop(sequence_of(x, row)), y[static_cast<std::size_t>(row)]);
      }
      const double past = static_cast<double>(step - 1) / options_.steps;
      const auto rate =
          static_cast<float>(options_.rate * (1 + std::cos(std::numbers::pi * past)) / 2);
      const auto decay = static_cast<float>(options_.weight_decay);
      table_.adam(step, rate, decay);
      output_.adam(step, rate, decay);
      hidden_bias_.adam(step, rate, 0);
      output_bias_.adam(step, rate, 0);
    }
  }

  Eigen::MatrixXd scores(const Features& x) const override {
    Eigen::MatrixXd result = Eigen::MatrixXd::Zero(x.rows(), output_bias_.value.cols());
    for (Eigen::Index row = 0; row < x.rows(); ++row) {
      const Codes whole = sequence_of(x, row);
      const auto crop = static_cast<std::size_t>(options_.crop);
      std::size_t crops = 0;
      std::size_t begin = 0;
      do {
        const Codes part = whole.subspan(begin, std::min(crop, whole.size() - begin));
        result.row(row) += answer(look(part)).cast<double>();
        ++crops;
        begin += crop;
      } while (begin < whole.size());
      result.row(row) /= static_cast<double>(crops);
    }
    return result;
  }

 private:
  Codes sequence_of(const Features& x, Eigen::Index row) const {
    return sequences_[static_cast<std::size_t>(x(row, 0))];
  }

  Codes random_crop(Codes whole) {
    const auto crop = static_cast<std::size_t>(options_.crop);
    if (whole.size() <= crop)
      return whole;
    return whole.subspan(random_() % (whole.size() - crop + 1), crop);
  }

  void start(int classes) {
    // Raw engine output, as other attackers draw it.
    const auto uniform = [&] {
      return static_cast<float>(2 * static_cast<double>(random_() >> 11) * 0x1p-53 - 1);
    };
    const Eigen::Index units = options_.units;
    table_.start(Eigen::Index{options_.width} * codes_, units);
    hidden_bias_.start(1, units);
    output_.start(2 * units, classes);
    output_bias_.start(1, classes);
    // A unit's input is a sum of `width` entries of the table, one for each neighbour.
    const float spread = std::sqrt(3.0F / static_cast<float>(options_.width));
    table_.value = table_.value.unaryExpr([&](float) { return spread * uniform(); });
    const float bound = std::sqrt(6.0F / static_cast<float>(2 * units + classes));
    output_.value = output_.value.unaryExpr([&](float) { return bound * uniform(); });
  }

  /// Calls `visit(row of the table)` for each code that unit inputs at place `t` are made of.
  template <typename Visit>
  void neighbours(Codes part, std::size_t t, Visit visit) const {
    const auto width = static_cast<std::size_t>(options_.width);
    for (std::size_t tap = 0; tap < width; ++tap) {
      const std::size_t place = t + tap;
      if (place >= width / 2 && place - width / 2 < part.size())
        visit(static_cast<Eigen::Index>(tap) * codes_ + part[place - width / 2]);
    }
  }

  Seen look(Codes part) const {
    const Eigen::Index units = options_.units;
    Seen seen{Matrix(static_cast<Eigen::Index>(part.size()), units), Row::Zero(2 * units), {}};
    if (part.empty())
      return seen;
    for (std::size_t t = 0; t < part.size(); ++t) {
      auto input = seen.hidden.row(static_cast<Eigen::Index>(t));
      input = hidden_bias_.value.row(0);
      neighbours(part, t, [&](Eigen::Index entry) { input += table_.value.row(entry); });
    }
    seen.hidden = seen.hidden.array().tanh();
    seen.pooled.head(units) = seen.hidden.colwise().mean();
    seen.greatest.resize(static_cast<std::size_t>(units));
    for (Eigen::Index unit = 0; unit < units; ++unit) {
      seen.pooled[units + unit] =
          seen.hidden.col(unit).maxCoeff(&seen.greatest[static_cast<std::size_t>(unit)]);
    }
    return seen;
  }

  Row answer(const Seen& seen) const {
    return seen.pooled * output_.value + output_bias_.value.row(0);
  }

  void learn(Codes part, int label) {
    const Seen seen = look(part);
    Row d = answer(seen);
    d = (d.array() - d.maxCoeff()).exp();
    d /= d.sum();
    d[label] -= 1;
    d /= static_cast<float>(options_.batch);
    output_.gradient += seen.pooled.transpose() * d;
    output_bias_.gradient.row(0) += d;
    if (part.empty())
      return;
    const Row pooled = d * output_.value.transpose();
    const Eigen::Index units = options_.units;
    Matrix through = (pooled.head(units) / static_cast<float>(part.size()))
                         .replicate(static_cast<Eigen::Index>(part.size()), 1);
    for (Eigen::Index unit = 0; unit < units; ++unit)
      through(seen.greatest[static_cast<std::size_t>(unit)], unit) += pooled[units + unit];
    through.array() *= 1 - seen.hidden.array().square();
    for (std::size_t t = 0; t < part.size(); ++t) {
      const auto change = through.row(static_cast<Eigen::Index>(t));
      hidden_bias_.gradient.row(0) += change;
      neighbours(part, t, [&](Eigen::Index entry) { table_.gradient.row(entry) += change; });
    }
  }

  const std::vector<CodeSequence>& sequences_;
  int32_t codes_;
  SequenceNetworkOptions options_;
  std::mt19937_64 random_;
  Weights table_;  ///< [width * codes, units]: the convolution's weights over one-hot codes
  Weights hidden_bias_;
  Weights output_;  ///< [2 units, classes]
  Weights output_bias_;
};

}  // namespace

std::unique_ptr<Attacker> make_sequence_network(const std::vector<CodeSequence>& sequences,
                                                int32_t codes, uint64_t seed,
                                                const SequenceNetworkOptions& options) {
  return std::make_unique<SequenceNetwork>(sequences, codes, seed, options);
}

}  // namespace edgy::converter
