// How well an attack or a probe works, measured on recordings that it was not trained on.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "converter/audit/attacker.h"

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

/// Trains and judges an attacker a fold. Folds whose training rows hold a single class are left
/// out. The interval is Wilson's score interval (E. B. Wilson, 1927), where each unit counts as one
/// observation: wide when many recordings come from a few voices.
Measure judge(const Trial& trial, const AttackerFactory& attacker);

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
