// What a model's input and outputs look like to an attacker: one row of pooled features a
// recording.
#pragma once

#include <string>
#include <vector>

#include "converter/audit/attacker.h"
#include "converter/cli/progress.h"
#include "converter/data/dataset.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

struct Representation {
  std::string name;     ///< of the model's tensor: "mel", "z", "indices"
  std::string pooling;  ///< how frames became one row: "mean and deviation" or "histogram"
  Features features;    ///< [recordings, features]
};

/// Runs `model` on every sample of `data` and pools over time: for a float tensor with a time
/// dimension the mean and the deviation of each channel; for an index tensor the share of frames
/// that each code takes. The first input comes first, then the outputs in the model's order.
/// Samples too short for the model throw Error, as they would in use.
std::vector<Representation> represent(const format::fb::ModelT& model, CalibrationSource& data,
                                      Progress& progress);

/// Pools one float value of `shape` [1, T, D] or, with `channels_first`, [1, D, T]: [mean of D |
/// deviation of D].
Eigen::RowVectorXd pool_frames(std::span<const float> values, int64_t frames, int64_t channels,
                               bool channels_first);

/// Share of each index 0..codes-1 among `indices`; indices outside count for none.
Eigen::RowVectorXd pool_indices(std::span<const int64_t> indices, int64_t codes);

}  // namespace edgy::converter
