#include "converter/data/recording.h"

#include <fcntl.h>

#include <cerrno>
#include <sndfile.hh>
#include <string>
#include <system_error>

#include "converter/error.h"

namespace edgy::converter {
namespace {

/// 2 GiB as float32, nine hours at 16 kHz: a file of a few megabytes can stand for terabytes.
constexpr std::size_t kMostSamples = std::size_t{1} << 29;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw Error(path.string() + ": " + what);
}

}  // namespace

std::vector<float> read_recording(const std::filesystem::path& path, int sample_rate) {
  // Opened here, since the library does not say why it could not.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    fail(path, "can not be read: " + std::generic_category().message(errno));
  SndfileHandle file(descriptor, /*close_desc=*/true);
  if (file.rawHandle() == nullptr)
    fail(path, std::string("not a readable WAV or FLAC file: ") + file.strError());
  if (file.channels() != 1)
    fail(path, "has " + std::to_string(file.channels()) + " channels; one is wanted");
  if (file.samplerate() != sample_rate) {
    fail(path, "is sampled at " + std::to_string(file.samplerate()) + " Hz; the model wants " +
                   std::to_string(sample_rate) + " Hz");
  }
  // Read as it comes: the header may say more than there is, or, in a stream, nothing at all.
  std::vector<float> samples;
  std::vector<float> chunk(1 << 16);
  while (const sf_count_t count = file.read(chunk.data(), static_cast<sf_count_t>(chunk.size()))) {
    samples.insert(samples.end(), chunk.begin(), chunk.begin() + count);
    if (samples.size() > kMostSamples) {
      fail(path, "holds more than " + std::to_string(kMostSamples) +
                     " samples, the most that are read; split it");
    }
  }
  if (file.error() != SF_ERR_NO_ERROR)
    fail(path,
         "is damaged after " + std::to_string(samples.size()) + " samples: " + file.strError());
  const auto count = static_cast<sf_count_t>(samples.size());
  if (file.frames() != SF_COUNT_MAX && count < file.frames())  // a stream's header says nothing
    fail(path, "is cut off: its header says " + std::to_string(file.frames()) + " samples, and " +
                   std::to_string(count) + " are there");
  if (samples.empty())
    fail(path, "holds no sound");
  return samples;
}

bool is_recording(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".flac" || extension == ".wav" || extension == ".FLAC" || extension == ".WAV";
}

}  // namespace edgy::converter
