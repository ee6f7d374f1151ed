// How well an attack or a probe works, measured on recordings that it was not trained on.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "converter/audit/attacker.h"

namespace edgy::converter {

/// A share of right answers with its 95 % confidence interval (Wilson score) and what guessing
/// would reach.
struct Measure {
  double value = 0;  ///< 0..1
  double low = 0;    ///< of the interval
  double high = 0;
  double chance = 0;      ///< the share of the most frequent class among the judged rows
  std::size_t count = 0;  ///< judged rows
};

using AttackerFactory = std::function<std::unique_ptr<Attacker>()>;

/// Assigns every row to one of `folds` parts, so that rows of one group share a part and parts hold
/// about as many groups. Groups are taken in order of name: the same groups give the same folds on
/// every machine.
std::vector<int> folds_by_group(std::span<const std::string> groups, int folds);

/// Trains on all parts but one, judges on that one, for each part in turn. Parts whose training
/// rows hold a single class are left out.
Measure cross_validate(const Features& x, std::span<const int> y, std::span<const int> fold,
                       int classes, const AttackerFactory& attacker);

/// Trains on the rows where `train` is true, judges on those where `judge` is true.
Measure hold_out(const Features& x, std::span<const int> y, const std::vector<bool>& train,
                 const std::vector<bool>& judge, int classes, const AttackerFactory& attacker);

/// Speaker verification: all pairs of rows, scored by the cosine of their standardized features;
/// the error rate at the threshold where as many impostors are let in as speakers are turned away.
/// 0.5 is chance. NaN when either kind of pair is missing.
double verification_equal_error_rate(const Features& x, std::span<const int> speaker);

}  // namespace edgy::converter
