#include "converter/quantization/integer_sums.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace edgy::converter {
namespace {

constexpr double kGreatestSum = std::numeric_limits<int32_t>::max();
/// An activation less its zero point, at most; what the runtime counts with.
constexpr double kGreatestInput = 256;
/// XNNPACK's limit for what a sum is multiplied by.
constexpr double kGreatestMultiplier = 256;
/// Scales are floats: bounds keep this far from the limit that they come from.
constexpr double kMargin = 0x1p-20;
constexpr double kLeastNormal = std::numeric_limits<float>::min();

int64_t magnitude(std::span<const int8_t> row) {
  int64_t sum = 0;
  for (const int8_t value : row)
    sum += std::abs(int{value});
  return sum;
}

/// Bounds of a channel's weight scale.
struct Bounds {
  double least;
  double most;
};

/// `reach`: sum of the magnitudes of a channel's real weights, of which there are `count`.
Bounds bounds_of(double reach, std::size_t count, double bias, const LayerScales& scales) {
  const double input = scales.input;
  const double output = scales.output.value_or(1.0F);
  // Rounding adds half a step to each weight, bias correction no more than that.
  const double room = kGreatestSum - kGreatestInput * static_cast<double>(count);
  Bounds bounds{std::max(kLeastNormal, kLeastNormal * output / input) * (1 + kMargin),
                std::numeric_limits<float>::max() / std::max(1.0, input)};
  if (scales.output)
    bounds.most = std::min(bounds.most, kGreatestMultiplier * output / input);
  if (room > 0) {
    const double sums = std::fabs(bias) / input + kGreatestInput * reach;
    bounds.least = std::max(bounds.least, sums / room * (1 + kMargin));
  }
  bounds.most *= 1 - kMargin;
  return bounds;
}

void round_again(std::span<int8_t> row, double from, double to, int limit) {
  for (int8_t& value : row) {
    const double moved = std::nearbyint(value * (from / to));
    value = static_cast<int8_t>(std::clamp<double>(moved, -limit, limit));
  }
}

}  // namespace

float least_weight_scale(float input_scale) {
  return static_cast<float>(std::max(kLeastNormal, kLeastNormal / input_scale) * (1 + kMargin));
}

void fit_sums(QuantizedWeights& weights, std::span<const float> bias, const LayerScales& scales) {
  const std::size_t rows = weights.scale.size();
  const std::size_t columns = weights.values.size() / rows;
  const std::span<int8_t> values(weights.values);
  for (std::size_t o = 0; o < rows; ++o) {
    const std::span<int8_t> row = values.subspan(o * columns, columns);
    const auto steps = static_cast<double>(magnitude(row));
    const double real_bias = bias.empty() ? 0.0 : bias[o];
    const double scale = weights.scale[o];
    const Bounds bounds = bounds_of(steps * scale, columns, real_bias, scales);
    // Zeros are zeros at any scale: theirs is the bias's.
    const double wanted = steps == 0 && real_bias != 0 ? 0.0 : scale;
    const double fitted = std::max(std::min(wanted, bounds.most), bounds.least);
    if (fitted == scale)
      continue;
    weights.scale[o] = static_cast<float>(fitted);
    round_again(row, scale, weights.scale[o], greatest_weight(weights.bits));
  }
}

std::optional<std::vector<int32_t>> integer_bias(const QuantizedWeights& weights,
                                                 std::span<const double> bias, float input_scale) {
  const std::size_t rows = weights.scale.size();
  const std::size_t columns = weights.values.size() / rows;
  const std::span<const int8_t> values(weights.values);
  std::vector<int32_t> result(rows);
  for (std::size_t o = 0; o < rows; ++o) {
    const double unit = double{input_scale} * weights.scale[o];
    const double steps = std::nearbyint(bias[o] / unit);
    const auto reach = static_cast<double>(magnitude(values.subspan(o * columns, columns)));
    if (!(std::fabs(steps) + kGreatestInput * reach <= kGreatestSum))
      return std::nullopt;
    result[o] = static_cast<int32_t>(steps);
  }
  return result;
}

}  // namespace edgy::converter
