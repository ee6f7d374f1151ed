// What a model's input and outputs look like to an attacker: one row of features a recording.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "converter/audit/attackers/attacker.h"
#include "converter/audit/codes/events.h"
#include "converter/data/dataset.h"
#include "converter/progress.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// What a representation is of the model.
enum class Kind {
  kInput,   ///< what the model is given, the same for all models
  kLength,  ///< nothing but the recording's length, the same for all models
  kFrames,  ///< a float output
  kCodes,   ///< codes as they are handed out, one a frame
  kEvents,  ///< codes as events (events.h)
};

struct Representation {
  std::string name;  ///< of the model's tensor: "mel", "z", "indices"; "indices, events"; "length"
  Kind kind = Kind::kFrames;
  Eigen::Index codes = 0;  ///< size of the codebook; 0: no codes
  /// What attackers of a voice are given, [recordings, features]. A float tensor of D channels:
  /// mean and deviation of each over time, 2 D. Codes: the same of their code vectors (the codebook
  /// is in the model, so whoever has codes has these), then the share of frames that each code
  /// takes.
  Features voice;
  /// What a probe of the content is given: the mean of each channel in each quarter of the
  /// recording, [recordings, 4 D].
  Features content;
  /// Codes alone: code_statistics, and of the content also the share of each code in each quarter.
  Features voice_statistics;
  Features content_statistics;
  /// Codes alone: one for each recording.
  std::vector<CodeSequence> sequences;
  /// As `voice`, of the first half of each recording, then of the second: rows 2 i and 2 i + 1.
  /// From these an attacker learns how one voice differs from itself.
  Features halves;

  bool same_for_all_models() const { return kind == Kind::kInput || kind == Kind::kLength; }
};

/// How codes become events, where the file does not say it of its output.
struct EventOptions {
  int shortest = 2;  ///< see EventRule
  /// Codes that are silence; where it is not given, the code is taken whose frames are quietest in
  /// the model's input (lowest in the mean), of those that take at least 1 % of all frames.
  std::optional<std::vector<int32_t>> silence;
};

using DatasetFactory = std::function<std::unique_ptr<CalibrationSource>()>;

/// Runs `model` on every sample of the data set that `open` yields (once for each processor). The
/// first input comes first, then its length, then the outputs in the model's order, events after
/// the codes that they are made of. Codes that a model merges are seen in the merged codebook.
/// Samples too short for the model throw Error, as they would in use.
std::vector<Representation> represent(const format::fb::ModelT& model, const DatasetFactory& open,
                                      Progress& progress, const EventOptions& events = {});

/// Row-major view of `frames` of one recording: [frames, channels].
using Frames = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// [mean of each channel | deviation of each channel]; zeros for no frames.
Eigen::RowVectorXd pool_frames(const Frames& frames);

/// Means of each channel over `parts` stretches of equal length (a short recording has stretches of
/// one frame, some of them twice), one stretch after the other; zeros for no frames.
Eigen::RowVectorXd pool_parts(const Frames& frames, int parts);

/// Share of each index 0..codes-1 among `indices`; indices outside count for none.
Eigen::RowVectorXd pool_indices(std::span<const int32_t> indices, int64_t codes);

}  // namespace edgy::converter
