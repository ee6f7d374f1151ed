// Training an encoder that keeps what is said: two stages, the merging of codes between them, and
// checkpoints.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "converter/private_encoder/network/encoder.h"
#include "converter/private_encoder/samples/recordings.h"
#include "converter/private_encoder/settings/options.h"

namespace edgy::converter::private_encoder {

/// What some steps did, for the progress line and the log.
struct StepReport {
  int stage = 1;  ///< 1: codes; 2: classes
  int step = 0;   ///< done in this stage
  int steps = 0;
  std::map<std::string, double> losses;  ///< means since the last report, before weighting
  double seconds = 0;                    ///< of processor, since the run began
};

/// Shares of right answers on split dev.
struct DevReport {
  std::optional<double> phones;  ///< of frames: the nearest code is the label's
  std::optional<double> labels;  ///< of recordings, by the head that trained along
};

struct Training {
  Encoder encoder;
  DevReport first;   ///< after the first stage
  DevReport second;  ///< after the second, if there was one
  nlohmann::json log;
};

struct TrainingRun {
  std::filesystem::path checkpoint;  ///< written in between, and read when it is there
  int checkpoint_seconds = 60;       ///< at most so much work is lost; 0: after every step
  int threads = 1;                   ///< the same number gives the same weights
  int report_steps = 50;
};

/// Trains, or goes on where the checkpoint ends: the weights are then bit for bit those of a run
/// that was not broken. Throws Error when the checkpoint is of other options or recordings.
Training train(const Speeches& speeches, const Options& options, const TrainingRun& run,
               const std::function<void(const StepReport&)>& report);

}  // namespace edgy::converter::private_encoder
