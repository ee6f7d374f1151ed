// Recordings as training sees them: log-mel, and what is known of each frame and of the whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "converter/private_encoder/settings/options.h"

namespace edgy::converter::private_encoder {

/// Bands of the front end's log-mel, which is EDGY's (100 frames a second).
constexpr int kMels = 80;
constexpr double kFramesPerSecond = 100;

/// Something that is not known.
constexpr int kUnknown = -1;

struct Speech {
  std::string file;
  std::vector<float> mel;  ///< [kMels, frames]
  int frames = 0;
  std::vector<int> phone;  ///< of each frame: a code; kUnknown: not labelled
  int label = kUnknown;    ///< of the recording
  int speaker = 0;         ///< who it is, for count matching
  int voice = kUnknown;    ///< class of the adversary
};

/// Recordings of one folder and of one kind, which are trained on together: a batch has a place
/// for each corpus.
struct Corpus {
  std::string name;                ///< first folder of the files
  bool cropped = false;            ///< longer than a crop
  std::vector<Speech> recordings;  ///< those that are not cropped by length, shortest first
};

struct Speeches {
  std::vector<Corpus> corpora;
  std::vector<Speech> dev;          ///< in the manifest's order
  std::vector<std::string> phones;  ///< labels of frames by code; empty: there are none
  std::vector<std::string> labels;  ///< of recordings, in alphabetical order
  std::vector<std::string> voices;  ///< classes of the adversary
  std::vector<std::string> notes;   ///< what was left out, a sentence each
};

/// Reads splits train and dev of a manifest.csv (or of the folder that holds it): columns file and
/// split, and where they are there speaker, sex, label and segments (files with labels of frames,
/// segments.h, relative to the manifest). Nothing is read of other splits. Codes are numbered by
/// the phones of split train, silence first, the others in alphabetical order. Throws Error naming
/// the manifest and what is missing.
Speeches read_speeches(const std::filesystem::path& manifest, const Options& options);

/// Least frames of log-mel that a crop is cut from, so that it has enough of them however it is
/// stretched.
int frames_for_crop(const Options& options);
int crop_frames(const Options& options);

/// The labels of the codes that `frames` frames of log-mel give, from those of the frames.
std::vector<int> labels_of_codes(const std::vector<int>& phone);
/// How many codes that many frames give: 0 where they are too few.
int codes_of_frames(int frames);

}  // namespace edgy::converter::private_encoder
