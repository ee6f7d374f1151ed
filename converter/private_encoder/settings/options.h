// What the user may choose about an encoder that is trained to hide who speaks. Plain data, no
// torch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "converter/config/document.h"

namespace edgy::converter::private_encoder {

/// The network: log-mel [80, T] -> fixed DCT-II -> mean and deviation of the recording taken off ->
/// convolutions with batch normalization and ReLU -> vectors, of which the nearest in a codebook is
/// the code. A code takes two frames of log-mel.
struct EncoderOptions {
  int cepstra = 24;        ///< of 80: what is left out is pitch, which is who speaks
  int channels = 160;      ///< of the convolutions
  int context = 7;         ///< taps of the last two, odd
  int code_channels = 64;  ///< of the vectors that codes stand for
  int codes = 40;          ///< where no manifest has labels of frames; else one for each label
};

/// How training recordings are changed, so that what a voice, a room and a microphone do to sound
/// tells nothing. Log-mel is in units of 80 dB.
struct AugmentationOptions {
  double stretch = 0.18;      ///< speed: a factor within 1 / (1 + x) .. 1 + x
  double warp = 0.104;        ///< deviation of the logarithm of a factor of all frequencies
  double equalization = 1;    ///< of a smooth change over frequencies: about 6 dB times this
  double low_pass = 0.25;     ///< share of recordings whose high bands fall off
  double least_noise = 0.3;   ///< noise is at least so far below the loudest band
  double most_noise = 1;      ///< and at most so far
  double noise_grain = 0.03;  ///< deviation of the noise from band to band and frame to frame
};

struct BatchOptions {
  double crop_seconds = 1.8;  ///< stretches of longer recordings
  int crops = 10;             ///< of each corpus in a step
  int recordings = 32;        ///< shorter ones, whole, at most; no more sound than in the stretches
};

struct OptimizerOptions {
  double learning_rate = 2.5e-3;  ///< after warm-up; falls along a cosine
  double weight_decay = 1e-3;
  double gradient_clip = 5;      ///< largest norm of all gradients together; 0: none
  int warmup = 20;               ///< steps
  double adversary_rate = 3e-3;  ///< its learning rate
  int adversary_steps = 2;       ///< that it trains in a step of the encoder
};

/// Weights of losses while one stage of training lasts; 0 leaves a loss out.
struct StageOptions {
  int steps = 0;
  double phone = 1;         ///< cross-entropy of the label of each frame
  double label = 0;         ///< cross-entropy of the recording's label, from codes by quarters
  double commitment = 0.1;  ///< squared distance of a vector from its code's
  double count_matching =
      0;                 ///< how often a speaker has a code, less how often he says it, squared
  double adversary = 0;  ///< what a classifier of speakers makes of a recording's codes
};

struct MergeStage {
  int classes = 8;          ///< 0: codes stay as they are, and the second stage is left out
  double label_weight = 1;  ///< of I(code; recording's label) beside I(code; frame's label)
  /// Codes stay, and a class is a set of them: one encoder gives both. Otherwise the classes become
  /// the codebook.
  bool nested = true;
};

struct Options {
  uint64_t seed = 0;
  std::string silence = "SIL";   ///< label of frames in which nothing is said: code 0
  int adversary_recordings = 8;  ///< speakers with fewer are known to the adversary by their sex
  EncoderOptions encoder;
  AugmentationOptions augmentation;
  BatchOptions batch;
  OptimizerOptions optimizer;
  StageOptions first = {.steps = 1400, .count_matching = 2, .adversary = 0.5};
  MergeStage merge;
  StageOptions second = {.steps = 900, .label = 0.5, .count_matching = 3, .adversary = 2};
};

/// Reads JSON with comments; what it does not state keeps its default. Throws Error naming what is
/// wrong, and where.
Options parse_options(std::string_view json, const std::string& origin);
Options read_options(const std::filesystem::path& path);
/// What parse_options reads back as it was.
nlohmann::ordered_json to_json(const Options& options);

}  // namespace edgy::converter::private_encoder
