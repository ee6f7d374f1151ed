// Speaker verification: is this the voice of that recording?
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "converter/audit/attackers/attacker.h"

namespace edgy::converter {

/// A rate with its 95 % interval by the jackknife over speakers; NaN with fewer than three.
struct Rate {
  double value = std::numeric_limits<double>::quiet_NaN();
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
};

/// How well pairs of one voice are told from pairs of two.
struct Verification {
  /// Of errors, at the threshold where as many impostors are let in as speakers are turned away:
  /// 0.5 is chance, 0 a perfect attack. NaN: no pair of one kind.
  Rate equal_error;
  /// Share of pairs of one voice that are recognized where 1 % of the others are let in, too: 0.01
  /// is chance.
  Rate recognized;
  std::size_t speakers = 0;
  std::size_t pairs = 0;
};

/// All pairs of rows, scored by the cosine of their features, which are standardized over the rows
/// first. Nothing is trained: a lower bound of what an attacker with other people's voices reaches.
Verification verify_speakers(const Features& x, std::span<const int> speaker);

/// Rows of one speaker taken together, `size` at a time (their mean), each row once: what verifying
/// by several recordings at once sees. Writes the speaker of each result to `grouped_speaker`.
Features group_rows(const Features& x, std::span<const int> speaker, std::size_t size,
                    std::vector<int>& grouped_speaker, uint64_t seed = 1);

/// Directions that tell voices apart: linear discriminant analysis (R. A. Fisher, 1936) with
/// shrinkage. Projections of one voice have unit deviation; the most telling comes first.
struct VoiceSpace {
  Eigen::RowVectorXd mean;
  Eigen::RowVectorXd inverse_deviation;
  Eigen::MatrixXd directions;  ///< [features, kept]

  Features project(const Features& x) const;
};

/// Learns it from several rows of each of many speakers, every speaker counting alike. Empty
/// directions with fewer than three speakers.
VoiceSpace learn_voice_space(const Features& x, std::span<const std::string> speaker,
                             int directions = 16, double shrinkage = 0.1);

}  // namespace edgy::converter
