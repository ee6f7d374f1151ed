// What a sequence of codes gives away besides which codes it is made of: how long they last, which
// follow which, how many there are.
#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "converter/audit/codes/events.h"

namespace edgy::converter {

/// A pair of codes, the second right after the first.
using Bigram = std::pair<int32_t, int32_t>;

/// The `limit` most frequent pairs of unlike neighbours in all `sequences`, the most frequent
/// first; of equally frequent ones the lesser pair. No label takes part in the choice.
std::vector<Bigram> frequent_bigrams(std::span<const CodeSequence> sequences, std::size_t limit);

/// Statistics of one sequence over a codebook of `codes`:
///  * ln(1 + n) and n of its length n, and of the number of its runs of one code;
///  * mean and deviation of the length of a run;
///  * share of runs of 1, 2, 3, 4 to 5, 6 to 8, and 9 or more;
///  * of each code: its share of the length, ln(1 + count), and the mean length of its runs;
///  * of each of `bigrams`: the root of its share of the transitions between unlike codes.
/// An empty sequence has zeros.
Eigen::RowVectorXd code_statistics(std::span<const int32_t> sequence, int32_t codes,
                                   std::span<const Bigram> bigrams);

/// Share of each code in each of `parts` stretches of equal length, [parts x codes].
Eigen::RowVectorXd code_shares_by_part(std::span<const int32_t> sequence, int32_t codes, int parts);

/// Entropy in bits of a code that is drawn from all `sequences`: what handing out one can tell at
/// most, if those before it are not known.
double code_entropy(std::span<const CodeSequence> sequences);

}  // namespace edgy::converter
