#include "converter/data/recording.h"

#include <sndfile.hh>

#include "converter/error.h"

namespace edgy::converter {

std::vector<float> read_recording(const std::filesystem::path& path, int sample_rate) {
  SndfileHandle file(path.string());
  if (!file)
    throw Error(path.string() + ": not a readable WAV or FLAC file");
  if (file.channels() != 1) {
    throw Error(path.string() + ": has " + std::to_string(file.channels()) +
                " channels; one is wanted");
  }
  if (file.samplerate() != sample_rate) {
    throw Error(path.string() + ": is sampled at " + std::to_string(file.samplerate()) +
                " Hz; the model wants " + std::to_string(sample_rate) + " Hz");
  }
  std::vector<float> samples(static_cast<std::size_t>(file.frames()));
  const sf_count_t count = file.read(samples.data(), static_cast<sf_count_t>(samples.size()));
  samples.resize(static_cast<std::size_t>(count));
  if (samples.empty())
    throw Error(path.string() + ": holds no sound");
  return samples;
}

bool is_recording(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".flac" || extension == ".wav" || extension == ".FLAC" || extension == ".WAV";
}

}  // namespace edgy::converter
