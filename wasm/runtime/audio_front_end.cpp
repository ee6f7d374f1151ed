#include "wasm/runtime/audio_front_end.h"

#include <cmath>
#include <iterator>
#include <limits>
#include <string>

#include "kernels/sizes.h"

namespace edgy::runtime {

Result<AudioFrontEnd> AudioFrontEnd::create(const format::fb::LogMel& table) {
  kernels::LogMelParameters parameters;
#define EDGY_LOG_MEL(type, name, ...) parameters.name = table.name();
#include "kernels/log_mel/parameters.inc"
  if (const char* reason = kernels::reject_reason(parameters)) {
    return fail(ErrorCode::kUnsupportedModel,
                std::string("the model's audio front end (log_mel) cannot be used: ") + reason);
  }
  return AudioFrontEnd(parameters);
}

AudioFrontEnd::AudioFrontEnd(const kernels::LogMelParameters& parameters)
    : mel_(std::make_unique<kernels::LogMel>(parameters)), scratch_(mel_->scratch_floats()) {}

int64_t AudioFrontEnd::output_bytes(std::size_t samples) const {
  return int64_t{4} * mel_->parameters().mels * kernels::narrow<int64_t>(frames(samples));
}

Result<void> AudioFrontEnd::compute(std::span<const float> pcm, std::span<uint8_t> out) {
  if (pcm.empty()) {
    return fail(ErrorCode::kInvalidInput, "the recording is empty; at least one sample is needed");
  }
  if (std::ssize(out) != output_bytes(pcm.size()) ||
      reinterpret_cast<uintptr_t>(out.data()) % alignof(float) != 0) {
    return fail(ErrorCode::kInvalidInput, "the spectrogram of " + std::to_string(pcm.size()) +
                                              " samples needs " +
                                              std::to_string(output_bytes(pcm.size())) +
                                              " aligned bytes, not " + std::to_string(out.size()));
  }
  bool finite = true;
  for (const float x : pcm) {
    finite &= std::abs(x) <= std::numeric_limits<float>::max();
  }
  if (!finite) {
    return fail(ErrorCode::kInvalidInput, "the recording holds a sample that is NaN or infinite");
  }
  mel_->compute(pcm, {reinterpret_cast<float*>(out.data()), out.size() / sizeof(float)}, scratch_);
  return {};
}

}  // namespace edgy::runtime
