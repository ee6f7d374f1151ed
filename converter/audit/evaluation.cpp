#include "converter/audit/evaluation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "converter/parallel.h"

namespace edgy::converter {
namespace {

constexpr double kNormalQuantile = 1.959963984540054;  // of 97.5 %

struct Rows {
  Features x;
  std::vector<int> y;
};

Rows select(const Trial& trial, const std::vector<std::size_t>& chosen) {
  Rows rows;
  rows.x.resize(static_cast<Eigen::Index>(chosen.size()), trial.x.cols());
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    rows.x.row(static_cast<Eigen::Index>(i)) = trial.x.row(static_cast<Eigen::Index>(chosen[i]));
    rows.y.push_back(trial.y[chosen[i]]);
  }
  return rows;
}

bool has_two_classes(const std::vector<int>& y) {
  return std::any_of(y.begin(), y.end(), [&](int label) { return label != y.front(); });
}

struct Interval {
  double low, high;
};

Interval wilson(double share, double observations) {
  constexpr double kSquare = kNormalQuantile * kNormalQuantile;
  const double shrink = 1 + kSquare / observations;
  const double centre = (share + kSquare / (2 * observations)) / shrink;
  const double half =
      kNormalQuantile / shrink *
      std::sqrt(share * (1 - share) / observations + kSquare / (4 * observations * observations));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

Measure summarize(const Trial& trial, const std::vector<int>& predicted) {
  Measure m;
  std::map<int, std::size_t> classes;
  std::set<std::string> units;
  std::size_t right = 0;
  for (std::size_t row = 0; row < predicted.size(); ++row) {
    if (predicted[row] < 0)
      continue;
    m.right.push_back(predicted[row] == trial.y[row]);
    right += m.right.back() ? 1 : 0;
    ++classes[trial.y[row]];
    units.insert(trial.unit[row]);
  }
  m.count = m.right.size();
  m.units = units.size();
  if (m.count == 0)
    return m;
  const double count = static_cast<double>(m.count);
  m.value = static_cast<double>(right) / count;
  const Interval interval = wilson(m.value, static_cast<double>(m.units));
  m.low = interval.low;
  m.high = interval.high;
  for (const auto& [label, times] : classes)
    m.chance = std::max(m.chance, static_cast<double>(times) / count);
  return m;
}

}  // namespace

Measure judge(const Trial& trial, const AttackerFactory& make) {
  const int folds = trial.fold.empty() ? 0 : *std::ranges::max_element(trial.fold) + 1;
  std::vector<int> predicted(trial.y.size(), -1);
  parallel_for(std::max(0, folds), [&](int64_t part) {
    std::vector<std::size_t> seen;
    std::vector<std::size_t> unseen;
    for (std::size_t row = 0; row < trial.fold.size(); ++row) {
      if (trial.fold[row] != static_cast<int>(part))
        seen.push_back(row);
      else if (trial.judged[row])
        unseen.push_back(row);
    }
    const Rows training = select(trial, seen);
    if (unseen.empty() || training.y.empty() || !has_two_classes(training.y))
      return;
    const auto attacker = make();
    attacker->fit(training.x, training.y, trial.classes);
    const std::vector<int> answers = attacker->predict(select(trial, unseen).x);
    for (std::size_t i = 0; i < unseen.size(); ++i)
      predicted[unseen[i]] = answers[i];
  });
  return summarize(trial, predicted);
}

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

Difference difference(const Measure& first, const Measure& second) {
  double gained = 0;
  double lost = 0;
  for (std::size_t i = 0; i < first.right.size(); ++i) {
    gained += !first.right[i] && second.right[i] ? 1 : 0;
    lost += first.right[i] && !second.right[i] ? 1 : 0;
  }
  const double rows = static_cast<double>(first.right.size());
  // Half a row more in each cell of the table of both answers.
  const double adjusted = rows + 2;
  const double up = (gained + 0.5) / adjusted;
  const double down = (lost + 0.5) / adjusted;
  const double half =
      kNormalQuantile * std::sqrt((up + down - (up - down) * (up - down)) / adjusted);
  return {(gained - lost) / rows, up - down - half, up - down + half};
}

}  // namespace edgy::converter
