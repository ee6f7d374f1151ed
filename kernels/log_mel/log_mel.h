// The log-mel spectrogram that EDGY's encoders take (arXiv:2007.15064).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/log_mel/lanes_fft.h"
#include "kernels/log_mel/mel_filters.h"

namespace edgy::kernels {

/// The parameters of parameters.inc, each with its default; f_max 0: half the sample rate.
struct LogMelParameters {
#define EDGY_LOG_MEL(type, name, default_value, ...) type name = default_value;
#include "kernels/log_mel/parameters.inc"
};

/// Why `parameters` cannot be used, as a sentence; nullptr if they can. Bounds every table: a
/// hostile file cannot ask for absurd memory.
const char* reject_reason(const LogMelParameters& parameters);

/// Step by step what LogMel in wasm/format/edgy.fbs defines; silence (a maximum below 1e-30) is
/// left as loud as it is. All in float with a fixed order of operations: native and WebAssembly
/// builds give the same bits.
class LogMel {
 public:
  static constexpr std::size_t kLanes = 4;  ///< frames computed together

  /// `parameters` must pass `reject_reason`. Allocates all tables.
  explicit LogMel(const LogMelParameters& parameters);

  const LogMelParameters& parameters() const { return parameters_; }
  /// Frames of a recording: 1 + samples / hop; 0 of an empty one.
  std::size_t frames(std::size_t samples) const;
  std::size_t scratch_floats() const;

  /// Whole recording to out [mels][frames(pcm.size())]; `scratch` holds scratch_floats(). Allocates
  /// nothing; may run in several threads with a scratch each.
  void compute(std::span<const float> pcm, std::span<float> out, std::span<float> scratch) const;

  /// Steps 3 to 5 for four frames: `segments` [4][window] are samples of y, `out` [mels][4]. A
  /// frame's result depends neither on its lane nor on the other frames, so a stream of any
  /// chunking gives the same numbers.
  void decibels(std::span<const float> segments, std::span<float> out,
                std::span<float> scratch) const;

  /// Step 1's factor.
  static float gain(std::span<const float> pcm, float peak);

 private:
  void magnitudes(const float* spectrum, float* magnitude) const;

  LogMelParameters parameters_;
  std::size_t
      half_;  ///< fft_size / 2: points of the complex transform that the real one is packed into
  std::size_t
      points_;  ///< power of two that holds window / 2: the rest of the `half_` points is zero
  std::size_t
      phases_;  ///< half_ / points_: that many short transforms give the long one (see decibels)
  LanesFft fft_;
  std::vector<float> window_;          ///< [2 * points_], zero beyond the window
  std::vector<float> phase_twiddles_;  ///< [phases_][points_][re, im]
  std::vector<float> real_twiddles_;   ///< [half_ / 2 + 1][re, im]
  MelFilters filters_;
};

}  // namespace edgy::kernels
