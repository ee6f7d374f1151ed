// Range initializers: from observed values to the first range of a quantizer.
#pragma once

#include <span>

#include "converter/nncf/file/config.h"

namespace edgy::converter::nncf {

/// Values that one quantizer would see, lowest and highest. Not widened to hold zero: the quantizer
/// does that.
struct ValueRange {
  float low = 0;
  float high = 0;
};

/// The range for what was seen in each sample (values of a per-channel quantizer: call once a
/// channel). `weights` decides what kMixedMinMax means. Values that are not finite are left out;
/// without any value the range is empty at 0.
///  * kThreeSigma: m -+ 3 * 1.4826 * median(|x - m|), m the median: for a normal distribution the
///    median deviation times 1.4826 is the standard deviation.
///  * percentiles are interpolated linearly between the two nearest values, as numpy does.
ValueRange initial_range(const RangeInitializer& initializer, bool weights,
                         std::span<const std::span<const float>> samples);

/// The initializer for a quantizer of layer `layer`: the first of `quantization.range` whose group
/// and scopes fit. Null when none does.
const RangeInitializer* find_initializer(const Quantization& quantization, bool weights,
                                         const std::string& layer);

}  // namespace edgy::converter::nncf
