#include "converter/nncf/algorithms/ranges.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "converter/nncf/algorithms/scopes.h"

namespace edgy::converter::nncf {
namespace {

using Samples = std::span<const std::span<const float>>;

std::vector<float> finite(std::span<const float> values) {
  std::vector<float> result;
  std::copy_if(values.begin(), values.end(), std::back_inserter(result),
               [](float v) { return std::isfinite(v); });
  return result;
}

/// Percentile `percent` of `values` (not empty; reordered), linear between neighbours.
double percentile(std::vector<float>& values, double percent) {
  const double rank = percent / 100 * static_cast<double>(values.size() - 1);
  const auto below = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), below, values.end());
  const double share = rank - std::floor(rank);
  if (share == 0)
    return *below;
  const float above = *std::min_element(below + 1, values.end());
  return *below + share * (above - *below);
}

ValueRange extremes(std::vector<float>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return {*low, *high};
}

ValueRange percentiles(std::vector<float>& values, const RangeInitializer& initializer) {
  return {static_cast<float>(percentile(values, initializer.min_percentile)),
          static_cast<float>(percentile(values, initializer.max_percentile))};
}

ValueRange three_sigma(std::vector<float>& values) {
  constexpr double kDeviation = 1.4826;  // of a normal distribution, in median deviations
  const double median = percentile(values, 50);
  for (float& value : values)
    value = static_cast<float>(std::fabs(value - median));
  const double reach = 3 * kDeviation * percentile(values, 50);
  return {static_cast<float>(median - reach), static_cast<float>(median + reach)};
}

/// `statistic` of all samples as one.
template <typename Statistic>
ValueRange of_all(Samples samples, Statistic statistic) {
  std::vector<float> all;
  for (const auto& sample : samples) {
    const std::vector<float> values = finite(sample);
    all.insert(all.end(), values.begin(), values.end());
  }
  return all.empty() ? ValueRange{} : statistic(all);
}

/// The mean of `statistic` over samples.
template <typename Statistic>
ValueRange mean_of(Samples samples, Statistic statistic) {
  double low = 0;
  double high = 0;
  int count = 0;
  for (const auto& sample : samples) {
    std::vector<float> values = finite(sample);
    if (values.empty())
      continue;
    const ValueRange range = statistic(values);
    low += range.low;
    high += range.high;
    ++count;
  }
  if (count == 0)
    return {};
  return {static_cast<float>(low / count), static_cast<float>(high / count)};
}

}  // namespace

ValueRange initial_range(const RangeInitializer& initializer, bool weights, Samples samples) {
  const auto by_percentile = [&](std::vector<float>& values) {
    return percentiles(values, initializer);
  };
  switch (initializer.kind) {
    case RangeKind::kMinMax:
      return of_all(samples, extremes);
    case RangeKind::kMeanMinMax:
      return mean_of(samples, extremes);
    case RangeKind::kMixedMinMax:
      return weights ? of_all(samples, extremes) : mean_of(samples, extremes);
    case RangeKind::kThreeSigma:
      return of_all(samples, three_sigma);
    case RangeKind::kPercentile:
      return of_all(samples, by_percentile);
    case RangeKind::kMeanPercentile:
      return mean_of(samples, by_percentile);
  }
  return {};
}

const RangeInitializer* find_initializer(const Quantization& quantization, bool weights,
                                         const std::string& layer) {
  for (const RangeInitializer& initializer : quantization.range) {
    const bool group = initializer.group == QuantizerGroup::kBoth ||
                       (initializer.group == QuantizerGroup::kWeights) == weights;
    if (group && in_scope(initializer.scopes, layer))
      return &initializer;
  }
  return nullptr;
}

}  // namespace edgy::converter::nncf
