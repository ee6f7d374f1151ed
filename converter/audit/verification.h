// Speaker verification: is this the voice of that recording?
#pragma once

#include <cstddef>
#include <limits>
#include <span>

#include "converter/audit/attacker.h"

namespace edgy::converter {

/// The error rate at the threshold where as many impostors are let in as speakers are turned away.
/// 0.5 is chance, 0 a perfect attack.
struct EqualErrorRate {
  double value = std::numeric_limits<double>::quiet_NaN();  ///< NaN: no pair of one kind
  /// 95 % interval by the jackknife over speakers; NaN with fewer than three.
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();  ///< see `low`
  std::size_t speakers = 0;
  std::size_t pairs = 0;
};

/// All pairs of rows, scored by the cosine of their features, which are standardized over the rows
/// first. Nothing is trained: a lower bound of what an attacker with other people's voices reaches.
EqualErrorRate verify_speakers(const Features& x, std::span<const int> speaker);

}  // namespace edgy::converter
