#include "converter/audit/evaluation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <utility>

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

/// Equally likely classes share their places.
double rank_of(const Eigen::RowVectorXd& log_odds, int right) {
  const double own = log_odds[right];
  double rank = 1;
  for (Eigen::Index c = 0; c < log_odds.size(); ++c) {
    if (c != right)
      rank += log_odds[c] > own ? 1 : log_odds[c] == own ? 0.5 : 0;
  }
  return rank;
}

/// Rows that are judged as one.
struct Case {
  Eigen::RowVectorXd log_odds;
  int right = 0;
  std::string unit;
};

Measure measure(const std::vector<Case>& cases, int classes) {
  Measure m;
  std::map<int, std::size_t> frequency;
  std::set<std::string> units;
  std::size_t right = 0;
  for (const Case& one : cases) {
    Eigen::Index best = 0;
    one.log_odds.maxCoeff(&best);
    m.right.push_back(best == one.right);
    right += m.right.back() ? 1 : 0;
    m.rank_bits += std::log2(rank_of(one.log_odds, one.right)) / static_cast<double>(cases.size());
    ++frequency[one.right];
    units.insert(one.unit);
  }
  m.count = cases.size();
  m.units = units.size();
  if (m.count == 0)
    return m;
  const double count = static_cast<double>(m.count);
  m.value = static_cast<double>(right) / count;
  const Interval interval = wilson(m.value, static_cast<double>(m.units));
  m.low = interval.low;
  m.high = interval.high;
  for (const auto& [label, times] : frequency)
    m.chance = std::max(m.chance, static_cast<double>(times) / count);
  for (int rank = 1; rank <= classes; ++rank)
    m.rank_chance += std::log2(rank) / classes;
  return m;
}

Eigen::MatrixXd log_softmax(Eigen::MatrixXd scores) {
  for (Eigen::Index row = 0; row < scores.rows(); ++row) {
    const double peak = scores.row(row).maxCoeff();
    scores.row(row).array() -= peak + std::log((scores.row(row).array() - peak).exp().sum());
  }
  return scores;
}

/// 0..count-1 in an order that is the same with every standard library.
std::vector<std::size_t> shuffled_places(std::size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t left = count; left > 1; --left)
    std::swap(order[left - 1], order[random() % left]);
  return order;
}

}  // namespace

Beliefs ask(const Trial& trial, const AttackerFactory& make) {
  const int folds = trial.fold.empty() ? 0 : *std::ranges::max_element(trial.fold) + 1;
  std::vector<Eigen::RowVectorXd> answers(trial.y.size());
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
    const Eigen::MatrixXd scores = log_softmax(attacker->scores(select(trial, unseen).x));
    for (std::size_t i = 0; i < unseen.size(); ++i)
      answers[unseen[i]] = scores.row(static_cast<Eigen::Index>(i));
  });
  Beliefs beliefs;
  for (std::size_t row = 0; row < answers.size(); ++row) {
    if (answers[row].size() > 0)
      beliefs.rows.push_back(row);
  }
  beliefs.log_odds.resize(static_cast<Eigen::Index>(beliefs.rows.size()), trial.classes);
  for (std::size_t i = 0; i < beliefs.rows.size(); ++i)
    beliefs.log_odds.row(static_cast<Eigen::Index>(i)) = answers[beliefs.rows[i]];
  return beliefs;
}

Beliefs combine(const Beliefs& a, const Beliefs& b) {
  return {a.rows, log_softmax(a.log_odds + b.log_odds)};
}

Measure summarize(const Trial& trial, const Beliefs& beliefs) {
  std::vector<Case> cases;
  for (std::size_t i = 0; i < beliefs.rows.size(); ++i) {
    const std::size_t row = beliefs.rows[i];
    cases.push_back(
        {beliefs.log_odds.row(static_cast<Eigen::Index>(i)), trial.y[row], trial.unit[row]});
  }
  return measure(cases, trial.classes);
}

Measure summarize_groups(const Trial& trial, const Beliefs& beliefs, std::size_t size,
                         uint64_t seed) {
  // Only rows of one fold: of another, some attacker was told whose they are.
  std::map<std::pair<int, int>, std::vector<std::size_t>> alike;
  for (const std::size_t i : shuffled_places(beliefs.rows.size(), seed))
    alike[{trial.fold[beliefs.rows[i]], trial.y[beliefs.rows[i]]}].push_back(i);
  std::vector<Case> cases;
  for (const auto& [fold_and_class, members] : alike) {
    for (std::size_t begin = 0; begin + size <= members.size(); begin += size) {
      Case one{Eigen::RowVectorXd::Zero(trial.classes), fold_and_class.second,
               std::to_string(cases.size())};
      for (std::size_t i = begin; i < begin + size; ++i)
        one.log_odds += beliefs.log_odds.row(static_cast<Eigen::Index>(members[i]));
      cases.push_back(std::move(one));
    }
  }
  return measure(cases, trial.classes);
}

Measure judge(const Trial& trial, const AttackerFactory& make) {
  return summarize(trial, ask(trial, make));
}

Trial with_shuffled_classes(const Trial& trial, uint64_t seed) {
  std::map<std::string, int> class_of;
  for (std::size_t row = 0; row < trial.unit.size(); ++row)
    class_of.emplace(trial.unit[row], trial.y[row]);
  std::vector<int> dealt;
  for (const auto& [unit, label] : class_of)
    dealt.push_back(label);
  const std::vector<std::size_t> order = shuffled_places(dealt.size(), seed);
  std::size_t next = 0;
  for (auto& [unit, label] : class_of)
    label = dealt[order[next++]];
  Trial shuffled = trial;
  for (std::size_t row = 0; row < trial.unit.size(); ++row)
    shuffled.y[row] = class_of.at(trial.unit[row]);
  return shuffled;
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
