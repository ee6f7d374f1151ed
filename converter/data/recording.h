// Sound files.
#pragma once

#include <filesystem>
#include <vector>

namespace edgy::converter {

/// Mono samples in -1..1 of a WAV or FLAC file. Throws Error when it can not be read, is empty, has
/// more than one channel, or another sample rate than `sample_rate`.
std::vector<float> read_recording(const std::filesystem::path& path, int sample_rate);

/// Whether the name ends as a sound file's does (.wav, .flac).
bool is_recording(const std::filesystem::path& path);

}  // namespace edgy::converter
