#include "converter/audit/verification.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace edgy::converter {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int kNobody = -1;

Eigen::MatrixXd cosines(const Features& x) {
  const Eigen::RowVectorXd mean = x.colwise().mean();
  Features rows = x.rowwise() - mean;
  const Eigen::RowVectorXd deviation = rows.array().square().colwise().mean().sqrt();
  for (Eigen::Index c = 0; c < rows.cols(); ++c)
    rows.col(c) /= deviation[c] > 1e-6 ? deviation[c] : 1.0;
  rows.rowwise().normalize();
  return rows * rows.transpose();
}

struct Scores {
  std::vector<double> same, other;
};

Scores pair_scores(const Eigen::MatrixXd& cosine, std::span<const int> speaker, int left_out) {
  Scores scores;
  for (std::size_t i = 0; i < speaker.size(); ++i) {
    if (speaker[i] == left_out)
      continue;
    for (std::size_t j = i + 1; j < speaker.size(); ++j) {
      if (speaker[j] == left_out)
        continue;
      auto& list = speaker[i] == speaker[j] ? scores.same : scores.other;
      list.push_back(cosine(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)));
    }
  }
  return scores;
}

double equal_error_rate(const Scores& scores) {
  const auto& [same, other] = scores;
  if (same.empty() || other.empty())
    return kNaN;
  // Walk the threshold over the speakers' own scores until turning away outweighs letting in.
  for (std::size_t k = 0; k < same.size(); ++k) {
    const double rejected = static_cast<double>(k) / static_cast<double>(same.size());
    const auto above = other.end() - std::lower_bound(other.begin(), other.end(), same[k]);
    const double accepted = static_cast<double>(above) / static_cast<double>(other.size());
    if (rejected >= accepted)
      return (rejected + accepted) / 2;
  }
  return 0;
}

/// At the lowest threshold that lets in at most 1 % of the others.
double recognized_rate(const Scores& scores) {
  const auto& [same, other] = scores;
  if (same.empty() || other.empty())
    return kNaN;
  const auto let_in = other.size() / 100;
  const double threshold = other[other.size() - 1 - let_in];
  const auto above = same.end() - std::upper_bound(same.begin(), same.end(), threshold);
  return static_cast<double>(above) / static_cast<double>(same.size());
}

struct Rates {
  double equal_error, recognized;
};

Rates rates_of(const Eigen::MatrixXd& cosine, std::span<const int> speaker, int left_out) {
  Scores scores = pair_scores(cosine, speaker, left_out);
  std::ranges::sort(scores.same);
  std::ranges::sort(scores.other);
  return {equal_error_rate(scores), recognized_rate(scores)};
}

Rate with_interval(double value, const std::vector<double>& without) {
  const double count = static_cast<double>(without.size());
  double mean = 0;
  for (const double one : without)
    mean += one / count;
  double square = 0;
  for (const double one : without)
    square += (one - mean) * (one - mean);
  const double half = 1.96 * std::sqrt(square * (count - 1) / count);
  return {value, std::max(0.0, value - half), std::min(1.0, value + half)};
}

Eigen::RowVectorXd inverse_deviations(const Features& centred) {
  const Eigen::RowVectorXd variance = centred.array().square().colwise().mean();
  return variance.unaryExpr([](double v) { return v > 1e-12 ? 1 / std::sqrt(v) : 0.0; });
}

}  // namespace

Verification verify_speakers(const Features& x, std::span<const int> speaker) {
  Verification result;
  const std::set<int> distinct(speaker.begin(), speaker.end());
  result.speakers = distinct.size();
  if (x.rows() < 2)
    return result;
  result.pairs = static_cast<std::size_t>(x.rows() * (x.rows() - 1) / 2);
  const Eigen::MatrixXd cosine = cosines(x);
  const Rates all = rates_of(cosine, speaker, kNobody);
  result.equal_error.value = all.equal_error;
  result.recognized.value = all.recognized;
  if (std::isnan(all.equal_error) || distinct.size() < 3)
    return result;
  // Pairs share recordings and recordings share voices: only voices are independent.
  std::vector<double> equal_error;
  std::vector<double> recognized;
  for (const int left_out : distinct) {
    const Rates without = rates_of(cosine, speaker, left_out);
    equal_error.push_back(without.equal_error);
    recognized.push_back(without.recognized);
  }
  result.equal_error = with_interval(all.equal_error, equal_error);
  result.recognized = with_interval(all.recognized, recognized);
  return result;
}

Features group_rows(const Features& x, std::span<const int> speaker, std::size_t size,
                    std::vector<int>& grouped_speaker, uint64_t seed) {
  std::map<int, std::vector<Eigen::Index>> rows;
  for (std::size_t i = 0; i < speaker.size(); ++i)
    rows[speaker[i]].push_back(static_cast<Eigen::Index>(i));
  std::mt19937_64 random(seed);
  grouped_speaker.clear();
  std::vector<Eigen::RowVectorXd> means;
  for (auto& [name, members] : rows) {
    for (std::size_t left = members.size(); left > 1; --left)
      std::swap(members[left - 1], members[random() % left]);
    for (std::size_t begin = 0; begin + size <= members.size(); begin += size) {
      Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(x.cols());
      for (std::size_t i = begin; i < begin + size; ++i)
        sum += x.row(members[i]);
      means.emplace_back(sum / static_cast<double>(size));
      grouped_speaker.push_back(name);
    }
  }
  Features grouped(static_cast<Eigen::Index>(means.size()), x.cols());
  for (std::size_t i = 0; i < means.size(); ++i)
    grouped.row(static_cast<Eigen::Index>(i)) = means[i];
  return grouped;
}

Features VoiceSpace::project(const Features& x) const {
  const Features standardized = (x.rowwise() - mean).array().rowwise() * inverse_deviation.array();
  return standardized * directions;
}

VoiceSpace learn_voice_space(const Features& x, std::span<const std::string> speaker,
                             int directions, double shrinkage) {
  std::map<std::string, std::vector<Eigen::Index>> rows;
  for (std::size_t i = 0; i < speaker.size(); ++i)
    rows[speaker[i]].push_back(static_cast<Eigen::Index>(i));
  VoiceSpace space;
  space.mean = Eigen::RowVectorXd::Zero(x.cols());
  space.inverse_deviation = Eigen::RowVectorXd::Zero(x.cols());
  space.directions.resize(x.cols(), 0);
  if (rows.size() < 3)
    return space;
  space.mean = x.colwise().mean();
  space.inverse_deviation = inverse_deviations(x.rowwise() - space.mean);
  const Features z = (x.rowwise() - space.mean).array().rowwise() * space.inverse_deviation.array();
  const double speakers = static_cast<double>(rows.size());
  Eigen::MatrixXd within = Eigen::MatrixXd::Zero(x.cols(), x.cols());
  Features means(static_cast<Eigen::Index>(rows.size()), x.cols());
  Eigen::Index next = 0;
  for (const auto& [name, members] : rows) {
    const Features own = z(members, Eigen::all);
    means.row(next) = own.colwise().mean();
    const Features centred = own.rowwise() - means.row(next);
    within += centred.transpose() * centred / (static_cast<double>(members.size()) * speakers);
    ++next;
  }
  const Features spread = means.rowwise() - means.colwise().mean();
  const Eigen::MatrixXd between = spread.transpose() * spread / speakers;
  const double level = within.trace() / static_cast<double>(x.cols());
  within *= 1 - shrinkage;
  within.diagonal().array() += shrinkage * level + 1e-9;
  const Eigen::GeneralizedSelfAdjointEigenSolver<Eigen::MatrixXd> solver(between, within);
  const auto kept =
      std::min<Eigen::Index>({directions, x.cols(), static_cast<Eigen::Index>(rows.size()) - 1});
  space.directions = solver.eigenvectors().rightCols(kept).rowwise().reverse();
  return space;
}

}  // namespace edgy::converter
