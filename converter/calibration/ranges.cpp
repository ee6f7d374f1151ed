#include "converter/calibration/ranges.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace edgy::converter {
namespace {

/// Mean squared error of rounding to `levels` steps of `range` and clipping to it.
double quantization_error(const ValueStatistics& statistics, const Range& range, int levels) {
  const double step = (double{range.high} - range.low) / levels;
  if (step <= 0)
    return std::numeric_limits<double>::infinity();
  double error = 0;
  for (std::size_t bin = 0; bin < statistics.histogram().size(); ++bin) {
    const double count = statistics.histogram()[bin];
    if (count == 0)
      continue;
    const double x = statistics.bin_center(bin);
    const double clipped = std::clamp<double>(x, range.low, range.high);
    // Within the range rounding errors are uniform: a twelfth of a squared step. A bin is far
    // narrower than a step.
    error += count * ((x - clipped) * (x - clipped) + step * step / 12);
  }
  return error;
}

Range least_error(const ValueStatistics& statistics, int levels) {
  Range best{statistics.min(), statistics.max()};
  double least = quantization_error(statistics, best, levels);
  constexpr int kSteps = 50;
  for (int high = kSteps; high > kSteps / 5; --high) {
    for (int low = kSteps; low > kSteps / 5; --low) {
      if (statistics.min() == 0 && low != kSteps)
        break;
      const Range candidate{statistics.min() * static_cast<float>(low) / kSteps,
                            statistics.max() * static_cast<float>(high) / kSteps};
      const double error = quantization_error(statistics, candidate, levels);
      if (error < least) {
        least = error;
        best = candidate;
      }
    }
  }
  return best;
}

/// The value at which half of `counted` (value, count), sorted by value, is passed.
double weighted_median(std::vector<std::pair<double, double>> counted) {
  std::sort(counted.begin(), counted.end());
  double total = 0;
  for (const auto& [value, count] : counted)
    total += count;
  double seen = 0;
  for (const auto& [value, count] : counted) {
    seen += count;
    if (seen * 2 >= total)
      return value;
  }
  return 0;
}

Range three_sigma_range(const ValueStatistics& statistics) {
  std::vector<std::pair<double, double>> counted;
  for (std::size_t bin = 0; bin < statistics.histogram().size(); ++bin)
    counted.emplace_back(statistics.bin_center(bin), statistics.histogram()[bin]);
  const double median = weighted_median(counted);
  for (auto& [value, count] : counted)
    value = std::fabs(value - median);
  const double reach = 3 * 1.4826 * weighted_median(counted);
  constexpr double kGreatest = std::numeric_limits<float>::max();
  return {static_cast<float>(std::clamp(median - reach, -kGreatest, 0.0)),
          static_cast<float>(std::clamp(median + reach, 0.0, kGreatest))};
}

/// Cuts the same share of values off both ends (one, if the tensor has one sign).
Range percentile_range(const ValueStatistics& statistics, double percentile) {
  double total = 0;
  for (const double count : statistics.histogram())
    total += count;
  const double cut = total * (1 - percentile / 100);
  const std::size_t bins = statistics.histogram().size();
  std::size_t low = 0;
  std::size_t high = bins - 1;
  for (double seen = 0; low < bins && (seen += statistics.histogram()[low]) < cut; ++low) {
  }
  for (double seen = 0; high > low && (seen += statistics.histogram()[high]) < cut; --high) {
  }
  return {std::min(0.0F, static_cast<float>(statistics.bin_center(low))),
          std::max(0.0F, static_cast<float>(statistics.bin_center(high)))};
}

}  // namespace

void ValueStatistics::add_extremes(std::span<const float> values) {
  float low = std::numeric_limits<float>::infinity();
  float high = -low;
  std::size_t finite = 0;
  for (const float value : values) {
    if (!std::isfinite(value))
      continue;
    ++finite;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  not_finite_ += values.size() - finite;
  if (finite == 0)
    return;
  min_ = std::min(min_, low);
  max_ = std::max(max_, high);
  sample_min_sum_ += low;
  sample_max_sum_ += high;
  ++samples_;
}

float ValueStatistics::mean_min() const {
  return std::min(0.0F, static_cast<float>(sample_min_sum_ / std::max(samples_, 1)));
}

float ValueStatistics::mean_max() const {
  return std::max(0.0F, static_cast<float>(sample_max_sum_ / std::max(samples_, 1)));
}

void ValueStatistics::add_histogram(std::span<const float> values, std::size_t channels) {
  histogram_.resize(kBins);
  channel_sums_.resize(channels);
  // In double precision: the range of large numbers is more than a float holds.
  const double width = (double{max_} - min_) / kBins;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto bin = width > 0 ? static_cast<std::size_t>((double{values[i]} - min_) / width) : 0;
    histogram_[std::min(bin, kBins - 1)] += 1;
    channel_sums_[i % channels] += values[i];
  }
  rows_ += static_cast<double>(values.size()) / static_cast<double>(channels);
}

double ValueStatistics::bin_center(std::size_t bin) const {
  return min_ + (double{max_} - min_) * (static_cast<double>(bin) + 0.5) / kBins;
}

std::vector<double> ValueStatistics::channel_means() const {
  std::vector<double> means = channel_sums_;
  for (double& mean : means)
    mean /= std::max(rows_, 1.0);
  return means;
}

namespace {

Range range_by(const ValueStatistics& statistics, RangeMethod method, double percentile, int bits) {
  switch (method) {
    case RangeMethod::kMse:
      return least_error(statistics, (1 << bits) - 1);
    case RangeMethod::kPercentile:
      return percentile_range(statistics, percentile);
    case RangeMethod::kMeanMinMax:
      return {statistics.mean_min(), statistics.mean_max()};
    case RangeMethod::kThreeSigma:
      return three_sigma_range(statistics);
    case RangeMethod::kMinMax:
      break;
  }
  return {statistics.min(), statistics.max()};
}

}  // namespace

Range choose_range(const ValueStatistics& statistics, RangeMethod method, double percentile,
                   int bits) {
  const Range range = range_by(statistics, method, percentile, bits);
  // Of values that are nearly all zero some methods leave nothing, which has no scale.
  return range.high > range.low ? range : Range{statistics.min(), statistics.max()};
}

format::fb::QuantizationT activation_quantization(const Range& range, int bits) {
  format::fb::QuantizationT q;
  q.bits = static_cast<uint8_t>(bits);
  q.qmin = bits == 8 ? -128 : 0;
  q.qmax = bits == 8 ? 127 : (1 << bits) - 1;
  const float width = range.high - range.low;
  const auto levels = static_cast<float>(q.qmax - q.qmin);
  // Ends far apart: their distance is more than a float holds.
  const float scale = std::isinf(width) ? range.high / levels - range.low / levels
                      : width > 0       ? width / levels
                                        : 1.0F;
  q.scale = {std::max(scale, std::numeric_limits<float>::min())};
  const auto offset = static_cast<int32_t>(std::lround(-range.low / q.scale[0]));
  q.zero_point = {std::clamp(q.qmin + offset, q.qmin, q.qmax)};
  return q;
}

}  // namespace edgy::converter
