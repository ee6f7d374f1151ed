#include "converter/audit/evaluation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace edgy::converter {
namespace {

struct Rows {
  Features x;
  std::vector<int> y;
};

Rows select(const Features& x, std::span<const int> y, const std::vector<bool>& chosen) {
  Rows rows;
  const auto count = std::count(chosen.begin(), chosen.end(), true);
  rows.x.resize(count, x.cols());
  Eigen::Index next = 0;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    if (!chosen[i])
      continue;
    rows.x.row(next++) = x.row(static_cast<Eigen::Index>(i));
    rows.y.push_back(y[i]);
  }
  return rows;
}

bool has_two_classes(const std::vector<int>& y) {
  return std::any_of(y.begin(), y.end(), [&](int label) { return label != y.front(); });
}

/// Counts right answers over several judged parts.
class Tally {
 public:
  void add(std::span<const int> predicted, std::span<const int> truth) {
    for (std::size_t i = 0; i < truth.size(); ++i) {
      right_ += predicted[i] == truth[i];
      ++classes_[truth[i]];
    }
    count_ += truth.size();
  }

  Measure measure() const {
    Measure m;
    m.count = count_;
    if (count_ == 0)
      return m;
    const double n = static_cast<double>(count_);
    const double p = static_cast<double>(right_) / n;
    constexpr double kZ = 1.959963984540054;  // 97.5 % quantile of the normal distribution
    const double centre = (p + kZ * kZ / (2 * n)) / (1 + kZ * kZ / n);
    const double half = kZ / (1 + kZ * kZ / n) * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n));
    m.value = p;
    m.low = std::max(0.0, centre - half);
    m.high = std::min(1.0, centre + half);
    for (const auto& [label, times] : classes_)
      m.chance = std::max(m.chance, static_cast<double>(times) / n);
    return m;
  }

 private:
  std::size_t right_ = 0;
  std::size_t count_ = 0;
  std::map<int, std::size_t> classes_;
};

void judge_part(const Features& x, std::span<const int> y, const std::vector<bool>& train,
                const std::vector<bool>& judge, int classes, const AttackerFactory& make,
                Tally& tally) {
  const Rows seen = select(x, y, train);
  const Rows unseen = select(x, y, judge);
  if (seen.y.empty() || unseen.y.empty() || !has_two_classes(seen.y))
    return;
  const auto attacker = make();
  attacker->fit(seen.x, seen.y, classes);
  tally.add(attacker->predict(unseen.x), unseen.y);
}

}  // namespace

std::vector<int> folds_by_group(std::span<const std::string> groups, int folds) {
  std::map<std::string, int> part;
  for (const std::string& group : groups)
    part.emplace(group, 0);
  int next = 0;
  for (auto& [name, number] : part)
    number = next++ % folds;
  std::vector<int> fold;
  fold.reserve(groups.size());
  for (const std::string& group : groups)
    fold.push_back(part.at(group));
  return fold;
}

Measure cross_validate(const Features& x, std::span<const int> y, std::span<const int> fold,
                       int classes, const AttackerFactory& attacker) {
  Tally tally;
  const int folds = fold.empty() ? 0 : *std::max_element(fold.begin(), fold.end()) + 1;
  for (int part = 0; part < folds; ++part) {
    std::vector<bool> train(fold.size());
    std::vector<bool> judge(fold.size());
    for (std::size_t i = 0; i < fold.size(); ++i) {
      judge[i] = fold[i] == part;
      train[i] = !judge[i];
    }
    judge_part(x, y, train, judge, classes, attacker, tally);
  }
  return tally.measure();
}

Measure hold_out(const Features& x, std::span<const int> y, const std::vector<bool>& train,
                 const std::vector<bool>& judge, int classes, const AttackerFactory& attacker) {
  Tally tally;
  judge_part(x, y, train, judge, classes, attacker, tally);
  return tally.measure();
}

double verification_equal_error_rate(const Features& x, std::span<const int> speaker) {
  const Eigen::RowVectorXd mean = x.colwise().mean();
  Features rows = x.rowwise() - mean;
  const Eigen::RowVectorXd deviation = rows.array().square().colwise().mean().sqrt();
  for (Eigen::Index c = 0; c < rows.cols(); ++c)
    rows.col(c) /= deviation[c] > 1e-6 ? deviation[c] : 1.0;
  rows.rowwise().normalize();
  const Eigen::MatrixXd cosine = rows * rows.transpose();

  std::vector<double> same;
  std::vector<double> other;
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    for (Eigen::Index j = i + 1; j < x.rows(); ++j) {
      const bool equal =
          speaker[static_cast<std::size_t>(i)] == speaker[static_cast<std::size_t>(j)];
      (equal ? same : other).push_back(cosine(i, j));
    }
  }
  if (same.empty() || other.empty())
    return std::numeric_limits<double>::quiet_NaN();
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

}  // namespace edgy::converter
