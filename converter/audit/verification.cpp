#include "converter/audit/verification.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
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

double equal_error_rate(Scores&& scores) {
  auto& [same, other] = scores;
  if (same.empty() || other.empty())
    return kNaN;
  std::sort(same.begin(), same.end());
  std::sort(other.begin(), other.end());
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

}  // namespace

EqualErrorRate verify_speakers(const Features& x, std::span<const int> speaker) {
  EqualErrorRate rate;
  const std::set<int> distinct(speaker.begin(), speaker.end());
  rate.speakers = distinct.size();
  if (x.rows() < 2)
    return rate;
  const Eigen::MatrixXd cosine = cosines(x);
  Scores all = pair_scores(cosine, speaker, kNobody);
  rate.pairs = all.same.size() + all.other.size();
  rate.value = equal_error_rate(std::move(all));
  if (std::isnan(rate.value) || distinct.size() < 3)
    return rate;
  // Pairs share recordings and recordings share voices: only voices are independent.
  std::vector<double> without;
  for (const int left_out : distinct)
    without.push_back(equal_error_rate(pair_scores(cosine, speaker, left_out)));
  const double count = static_cast<double>(without.size());
  double mean = 0;
  for (const double value : without)
    mean += value / count;
  double square = 0;
  for (const double value : without)
    square += (value - mean) * (value - mean);
  const double half = 1.96 * std::sqrt(square * (count - 1) / count);
  rate.low = std::max(0.0, rate.value - half);
  rate.high = std::min(1.0, rate.value + half);
  return rate;
}

}  // namespace edgy::converter
