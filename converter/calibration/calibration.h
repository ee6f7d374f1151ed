// What calibration data looks like inside a float model.
#pragma once

#include <map>
#include <vector>

#include "converter/calibration/ranges.h"
#include "converter/data/dataset.h"
#include "converter/progress.h"

namespace edgy::converter {

/// Statistics by tensor index.
using Calibration = std::map<int, ValueStatistics>;

/// Runs `model` twice over `samples` (extremes, then histograms) and watches the float32 tensors
/// `tensors`. Throws Error naming sample, input and place where an infinite value of an input makes
/// one of them infinite or NaN. Tensors that become so by themselves have statistics with
/// not_finite() > 0 and no histogram.
Calibration calibrate(const format::fb::ModelT& model, const std::vector<Sample>& samples,
                      const std::vector<int>& tensors, Progress& progress);

/// Reads at most `limit` samples, spread evenly. Throws Error if there is none, or naming the file
/// and the place of a NaN.
std::vector<Sample> read_samples(CalibrationSource& source, std::size_t limit);

}  // namespace edgy::converter
