#include "converter/audit/codes/grams.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace edgy::converter {

std::vector<Gram> grams_of(std::span<const int32_t> sequence, int32_t codes, int longest) {
  CodeSequence padded = {codes};
  padded.insert(padded.end(), sequence.begin(), sequence.end());
  padded.push_back(codes);
  std::vector<Gram> grams;
  for (std::size_t begin = 0; begin < padded.size(); ++begin) {
    const std::size_t most = std::min(padded.size() - begin, static_cast<std::size_t>(longest));
    for (std::size_t length = 1; length <= most; ++length) {
      if (length == 1 && padded[begin] == codes)
        continue;
      const auto first = padded.begin() + static_cast<std::ptrdiff_t>(begin);
      grams.emplace_back(first, first + static_cast<std::ptrdiff_t>(length));
    }
  }
  return grams;
}

std::vector<Gram> frequent_grams(std::span<const CodeSequence> sequences, int32_t codes,
                                 int longest, std::size_t limit) {
  std::map<Gram, std::size_t> counts;
  for (const CodeSequence& sequence : sequences) {
    const std::vector<Gram> grams = grams_of(sequence, codes, longest);
    for (const Gram& gram : std::set<Gram>(grams.begin(), grams.end()))
      ++counts[gram];
  }
  std::vector<std::pair<std::size_t, Gram>> ordered;
  for (const auto& [gram, count] : counts)
    ordered.emplace_back(count, gram);
  std::ranges::stable_sort(ordered, [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<Gram> chosen;
  for (std::size_t i = 0; i < std::min(limit, ordered.size()); ++i)
    chosen.push_back(std::move(ordered[i].second));
  return chosen;
}

Eigen::RowVectorXd gram_counts(std::span<const int32_t> sequence, int32_t codes,
                               std::span<const Gram> grams) {
  std::size_t longest = 0;
  for (const Gram& gram : grams)
    longest = std::max(longest, gram.size());
  std::map<Gram, double> counts;
  for (Gram& gram : grams_of(sequence, codes, static_cast<int>(longest)))
    counts[std::move(gram)] += 1;
  Eigen::RowVectorXd row(static_cast<Eigen::Index>(grams.size()));
  for (std::size_t i = 0; i < grams.size(); ++i) {
    const auto found = counts.find(grams[i]);
    row[static_cast<Eigen::Index>(i)] = found == counts.end() ? 0 : std::log1p(found->second);
  }
  return row;
}

}  // namespace edgy::converter
