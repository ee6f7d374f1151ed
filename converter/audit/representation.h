// What a model's input and outputs look like to an attacker: one row of pooled features a
// recording.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "converter/audit/attacker.h"
#include "converter/data/dataset.h"
#include "converter/progress.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

struct Representation {
  std::string name;        ///< of the model's tensor: "mel", "z", "indices"
  bool input = false;      ///< what the model is given, not what it answers
  Eigen::Index codes = 0;  ///< size of the codebook; 0: a float tensor
  /// What attackers of a voice are given, [recordings, features]. A float tensor of D channels:
  /// mean and deviation of each over time, 2 D. Codes: the same of their code vectors (the codebook
  /// is in the model, so whoever has codes has these), then the share of frames that each code
  /// takes.
  Features voice;
  /// What a probe of the content is given: the mean of each channel in each quarter of the
  /// recording, [recordings, 4 D].
  Features content;
};

using DatasetFactory = std::function<std::unique_ptr<CalibrationSource>()>;

/// Runs `model` on every sample of the data set that `open` yields (once for each processor). The
/// first input comes first, then the outputs in the model's order. Samples too short for the model
/// throw Error, as they would in use.
std::vector<Representation> represent(const format::fb::ModelT& model, const DatasetFactory& open,
                                      Progress& progress);

/// Row-major view of `frames` of one recording: [frames, channels].
using Frames = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// [mean of each channel | deviation of each channel].
Eigen::RowVectorXd pool_frames(const Frames& frames);

/// Means of each channel over `parts` stretches of equal length (a short recording has stretches of
/// one frame, some of them twice), one stretch after the other.
Eigen::RowVectorXd pool_parts(const Frames& frames, int parts);

/// Share of each index 0..codes-1 among `indices`; indices outside count for none.
Eigen::RowVectorXd pool_indices(std::span<const int64_t> indices, int64_t codes);

}  // namespace edgy::converter
