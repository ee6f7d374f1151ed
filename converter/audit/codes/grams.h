// Stretches of codes side by side: what is said, as far as few words need it.
#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <span>
#include <vector>

#include "converter/audit/codes/events.h"

namespace edgy::converter {

/// One to `longest` codes in a row; `codes` itself (the size of the codebook) stands for the
/// beginning or the end of a recording.
using Gram = std::vector<int32_t>;

/// Every gram of 1 to `longest` codes in `sequence`, with a boundary on either side, as often as it
/// is there. The boundary alone is no gram.
std::vector<Gram> grams_of(std::span<const int32_t> sequence, int32_t codes, int longest);

/// The `limit` grams that most of `sequences` have, most frequent first; of equally frequent ones
/// the lesser. No label takes part in the choice.
std::vector<Gram> frequent_grams(std::span<const CodeSequence> sequences, int32_t codes,
                                 int longest, std::size_t limit);

/// ln(1 + count) of each of `grams` in `sequence`.
Eigen::RowVectorXd gram_counts(std::span<const int32_t> sequence, int32_t codes,
                               std::span<const Gram> grams);

}  // namespace edgy::converter
