#include "converter/audit/codes/code_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>

namespace edgy::converter {
namespace {

/// Runs are told apart by these lengths and more.
constexpr std::array kRunLengths = {1, 2, 3, 4, 6, 9};

struct Run {
  int32_t code;
  double length;
};

std::vector<Run> runs_of(std::span<const int32_t> sequence) {
  std::vector<Run> runs;
  for (const int32_t code : sequence) {
    if (runs.empty() || runs.back().code != code)
      runs.push_back({code, 0});
    runs.back().length += 1;
  }
  return runs;
}

}  // namespace

std::vector<Bigram> frequent_bigrams(std::span<const CodeSequence> sequences, std::size_t limit) {
  std::map<Bigram, std::size_t> counts;
  for (const CodeSequence& sequence : sequences) {
    for (std::size_t i = 1; i < sequence.size(); ++i) {
      if (sequence[i - 1] != sequence[i])
        ++counts[{sequence[i - 1], sequence[i]}];
    }
  }
  std::vector<std::pair<std::size_t, Bigram>> ordered;
  for (const auto& [bigram, count] : counts)
    ordered.emplace_back(count, bigram);
  std::ranges::stable_sort(ordered, [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<Bigram> chosen;
  for (std::size_t i = 0; i < std::min(limit, ordered.size()); ++i)
    chosen.push_back(ordered[i].second);
  return chosen;
}

Eigen::RowVectorXd code_statistics(std::span<const int32_t> sequence, int32_t codes,
                                   std::span<const Bigram> bigrams) {
  constexpr auto kBuckets = static_cast<Eigen::Index>(kRunLengths.size());
  constexpr Eigen::Index kHead = 6;
  const Eigen::Index k = codes;
  Eigen::RowVectorXd row = Eigen::RowVectorXd::Zero(kHead + kBuckets + 3 * k +
                                                    static_cast<Eigen::Index>(bigrams.size()));
  const std::vector<Run> runs = runs_of(sequence);
  if (runs.empty())
    return row;
  const double frames = static_cast<double>(sequence.size());
  const double count = static_cast<double>(runs.size());
  const double mean = frames / count;
  double square = 0;
  auto buckets = row.segment(kHead, kBuckets);
  auto shares = row.segment(kHead + kBuckets, k);
  auto counts = row.segment(kHead + kBuckets + k, k);
  auto lengths = row.segment(kHead + kBuckets + 2 * k, k);
  Eigen::RowVectorXd times = Eigen::RowVectorXd::Zero(k);
  for (const Run& run : runs) {
    square += (run.length - mean) * (run.length - mean);
    const auto above = std::ranges::distance(
        kRunLengths.begin(), std::ranges::upper_bound(kRunLengths, static_cast<int>(run.length)));
    buckets[above - 1] += 1 / count;
    shares[run.code] += run.length / frames;
    lengths[run.code] += run.length;
    times[run.code] += 1;
  }
  for (Eigen::Index code = 0; code < k; ++code) {
    counts[code] = std::log1p(lengths[code]);
    if (times[code] > 0)
      lengths[code] /= times[code];
  }
  row.head(kHead) << std::log1p(frames), frames, std::log1p(count), count, mean,
      std::sqrt(square / count);
  std::map<Bigram, double> found;
  for (std::size_t i = 1; i < runs.size(); ++i)
    found[{runs[i - 1].code, runs[i].code}] += 1 / std::max(1.0, count - 1);
  for (std::size_t i = 0; i < bigrams.size(); ++i) {
    const auto place = found.find(bigrams[i]);
    if (place != found.end())
      row[kHead + kBuckets + 3 * k + static_cast<Eigen::Index>(i)] = std::sqrt(place->second);
  }
  return row;
}

Eigen::RowVectorXd code_shares_by_part(std::span<const int32_t> sequence, int32_t codes,
                                       int parts) {
  Eigen::RowVectorXd row = Eigen::RowVectorXd::Zero(Eigen::Index{parts} * codes);
  const auto length = static_cast<Eigen::Index>(sequence.size());
  if (length == 0)
    return row;
  for (Eigen::Index part = 0; part < parts; ++part) {
    const Eigen::Index begin = std::min(length - 1, part * length / parts);
    const Eigen::Index end = std::max(begin + 1, (part + 1) * length / parts);
    for (Eigen::Index i = begin; i < end; ++i) {
      row[part * codes + sequence[static_cast<std::size_t>(i)]] +=
          1 / static_cast<double>(end - begin);
    }
  }
  return row;
}

double code_entropy(std::span<const CodeSequence> sequences) {
  std::map<int32_t, double> counts;
  double total = 0;
  for (const CodeSequence& sequence : sequences) {
    for (const int32_t code : sequence)
      counts[code] += 1;
    total += static_cast<double>(sequence.size());
  }
  double bits = 0;
  for (const auto& [code, count] : counts)
    bits -= count / total * std::log2(count / total);
  return bits;
}

}  // namespace edgy::converter
