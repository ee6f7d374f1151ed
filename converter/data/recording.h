// Sound files.
#pragma once

#include <filesystem>
#include <vector>

namespace edgy::converter {

/// Mono samples in -1..1 of a WAV or FLAC file; memory is taken for those that are there, not for
/// those that its header promises. Throws Error when it can not be read, is empty, damaged or cut
/// off, has more than one channel, another sample rate than `sample_rate`, or more than 2^29
/// samples.
std::vector<float> read_recording(const std::filesystem::path& path, int sample_rate);

/// Whether the name ends as a sound file's does (.wav, .flac).
bool is_recording(const std::filesystem::path& path);

}  // namespace edgy::converter
