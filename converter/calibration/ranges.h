// From what calibration saw of a tensor to its quantization parameters.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "converter/compression_options.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// Distribution of a tensor's values: extremes, then (second pass) a histogram between them, and
/// the mean of each channel.
class ValueStatistics {
 public:
  static constexpr std::size_t kBins = 2048;

  /// Once a sample. NaN and infinities count in not_finite() alone.
  void add_extremes(std::span<const float> values);
  /// After all extremes are known, of values that are all finite. `channels` is the last extent.
  void add_histogram(std::span<const float> values, std::size_t channels);

  /// How many values were NaN or infinite.
  std::size_t not_finite() const { return not_finite_; }

  float min() const { return min_; }  ///< never above 0: quantization must represent zero
  float max() const { return max_; }  ///< never below 0
  const std::vector<double>& histogram() const { return histogram_; }
  float mean_min() const;  ///< mean over samples of the least value, never above 0
  float mean_max() const;  ///< mean over samples of the greatest value, never below 0
  double bin_center(std::size_t bin) const;
  std::vector<double> channel_means() const;

 private:
  float min_ = 0;
  float max_ = 0;
  double sample_min_sum_ = 0;
  double sample_max_sum_ = 0;
  int samples_ = 0;
  std::size_t not_finite_ = 0;
  std::vector<double> histogram_;
  std::vector<double> channel_sums_;
  double rows_ = 0;
};

/// A real range to be represented.
struct Range {
  float low = 0;
  float high = 0;
};
/// Where a method leaves an empty range, all that was seen. Empty only if everything is zero.
Range choose_range(const ValueStatistics& statistics, RangeMethod method, double percentile,
                   int bits);

/// Asymmetric, per tensor: 7 bits use 0..127, 8 bits -128..127. Zero is represented exactly.
format::fb::QuantizationT activation_quantization(const Range& range, int bits);

}  // namespace edgy::converter
