// Sound to the tensor a speech model takes, as the model's metadata says.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/log_mel/log_mel.h"
#include "wasm/format/edgy_generated.h"
#include "wasm/format/error.h"

namespace edgy::runtime {

/// Computes log-mel spectrograms (see kernels/log_mel/log_mel.h). One thread at a time.
class AudioFrontEnd {
 public:
  /// Fails with kUnsupportedModel where a parameter is out of its range; nothing is allocated
  /// before all are checked.
  static Result<AudioFrontEnd> create(const format::fb::LogMel& parameters);

  int32_t sample_rate() const { return mel_->parameters().sample_rate; }
  std::size_t mels() const { return static_cast<std::size_t>(mel_->parameters().mels); }
  /// Frames of a recording of that many samples: T of the model's input [1, mels, T].
  std::size_t frames(std::size_t samples) const { return mel_->frames(samples); }
  /// Bytes that `compute` writes.
  int64_t output_bytes(std::size_t samples) const;

  /// Mono samples at `sample_rate()` (nominally -1..1; the loudest sample is scaled to the model's
  /// peak) to float32 [mels][frames]. Fails with kInvalidInput for an empty recording, a sample
  /// that is not finite, or when `out` is not output_bytes(pcm.size()) bytes at an address
  /// divisible by 4. Allocates nothing.
  Result<void> compute(std::span<const float> pcm, std::span<uint8_t> out);

 private:
  explicit AudioFrontEnd(const kernels::LogMelParameters& parameters);
  std::unique_ptr<kernels::LogMel> mel_;
  std::vector<float> scratch_;
};

}  // namespace edgy::runtime
