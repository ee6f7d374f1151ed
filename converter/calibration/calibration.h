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
/// `tensors`.
Calibration calibrate(const format::fb::ModelT& model, const std::vector<Sample>& samples,
                      const std::vector<int>& tensors, Progress& progress);

/// Reads at most `limit` samples, spread evenly. Throws Error if there is none.
std::vector<Sample> read_samples(CalibrationSource& source, std::size_t limit);

}  // namespace edgy::converter
