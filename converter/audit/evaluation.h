// How well an attack or a probe works, measured on recordings that it was not trained on.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "converter/audit/attackers/attacker.h"

namespace edgy::converter {

/// A share of right answers with its 95 % confidence interval and what guessing would reach.
struct Measure {
  double value = 0;         ///< 0..1
  double low = 0;           ///< of the interval
  double high = 0;          ///< of the interval
  double chance = 0;        ///< the share of the most frequent class among the judged rows
  std::size_t count = 0;    ///< judged rows
  std::size_t units = 0;    ///< independent ones among them: what the interval counts
  std::vector<bool> right;  ///< of each judged row, in the order of rows
  /// Mean of log2 of the right class's rank among the attacker's guesses: 0 when it always comes
  /// first. What is missing to `rank_chance` was learnt, in bits.
  double rank_bits = 0;
  double rank_chance = 0;  ///< what ranks drawn at random have
};

/// What attackers are trained and judged on: rows, their classes 0..classes-1, and who sees what.
struct Trial {
  /// In `fold`: this row trains every attacker and is judged by none.
  static constexpr int kAlwaysTrained = -1;

  Features x;
  std::vector<int> y;
  int classes = 0;
  /// An attacker a fold: trained on all rows that are not in it, judged on those in it.
  std::vector<int> fold;
  /// Rows of a fold that are judged; the others only train the attackers of other folds.
  std::vector<bool> judged;
  /// Rows of one unit are not independent (recordings of one voice, when voices are judged).
  std::vector<std::string> unit;
};

using AttackerFactory = std::function<std::unique_ptr<Attacker>()>;

/// What attackers believe about the judged rows of a trial.
struct Beliefs {
  std::vector<std::size_t> rows;  ///< of the trial, ascending
  Eigen::MatrixXd log_odds;       ///< [rows, classes]: logarithms of probabilities
};

/// Trains an attacker a fold and asks it about the judged rows of that fold. Folds whose training
/// rows hold a single class are left out.
Beliefs ask(const Trial& trial, const AttackerFactory& attacker);

/// What several attackers believe together about the same rows: the product of their
/// probabilities, normalized.
Beliefs combine(const Beliefs& a, const Beliefs& b);

/// How often the likeliest class is right. The interval is Wilson's score interval (E. B. Wilson,
/// 1927), where each unit counts as one observation: wide when many recordings come from a few
/// voices.
Measure summarize(const Trial& trial, const Beliefs& beliefs);

/// The same where `size` rows of one class and one fold are known to belong together: their
/// probabilities are multiplied. Rows are grouped in an order drawn from `seed`, each in one group
/// at most. Nothing where no class has that many rows.
Measure summarize_groups(const Trial& trial, const Beliefs& beliefs, std::size_t size,
                         uint64_t seed = 1);

/// summarize(ask(...)).
Measure judge(const Trial& trial, const AttackerFactory& attacker);

/// The trial with its classes dealt out anew among the units: what remains to be found is chance
/// and whatever helps an attacker without there being anything to learn.
Trial with_shuffled_classes(const Trial& trial, uint64_t seed);

/// Assigns every row to one of `folds` parts, so that rows of one group share a part and parts hold
/// about as many groups. Groups are taken in order of name: the same groups give the same folds on
/// every machine.
std::vector<int> folds_by_group(std::span<const std::string> groups, int folds);

/// How much more one attack finds out than another on the same rows.
struct Difference {
  double value = 0;  ///< second minus first, -1..1
  double low = 0;    ///< of the 95 % interval
  double high = 0;   ///< of the 95 % interval
};

/// Paired by row (A. Agresti, Y. Min, "Simple improved confidence intervals for comparing matched
/// proportions", 2005). Both must have been judged on the same rows, at least one.
Difference difference(const Measure& first, const Measure& second);

}  // namespace edgy::converter
