// LSTM and GRU in ONNX semantics: forward direction, sigmoid and tanh, no peepholes.
#pragma once

#include <cstdint>
#include <span>

namespace edgy::kernels {

/// Weights as ONNX stores them, `gates` = 4 (LSTM: input, output, forget, cell) or 3 (GRU: update
/// z, reset r, hidden h).
struct RecurrentWeights {
  std::size_t inputs = 0;
  std::size_t hidden = 0;
  std::span<const float> w;  ///< [gates * hidden][inputs]
  std::span<const float> r;  ///< [gates * hidden][hidden]
  std::span<const float> b;  ///< [2 * gates * hidden]: of w, then of r; or empty
};

/// Steps whose inputs are multiplied together.
inline constexpr std::size_t kStepsAtATime = 16;
/// Vectors of `hidden` values that a step keeps to itself.
inline constexpr std::size_t kStepVectors = 2;

/// Floats of scratch that both want for x of any length: a step's own, and the gates of some steps.
inline std::size_t recurrent_scratch(std::size_t hidden) {
  return hidden * (kStepVectors + 4 * kStepsAtATime);
}

/// x [steps][inputs], h and c [hidden] (state: read and overwritten) -> y [steps][hidden]; y may be
/// empty. One batch entry: call it for each.
void lstm(const RecurrentWeights& weights, std::span<const float> x, std::span<float> h,
          std::span<float> c, std::span<float> y, std::span<float> scratch);

/// One step of an LSTM from the sums of its gates [4 * hidden] (input, output, forget, cell), which
/// are overwritten: c and h, both [hidden], become the next. `scratch`: [hidden].
void lstm_step(std::span<float> gates, std::span<float> h, std::span<float> c,
               std::span<float> scratch);

/// The same for a GRU. linear_before_reset as in ONNX: the reset gate multiplies r h + b instead of
/// h.
void gru(const RecurrentWeights& weights, bool linear_before_reset, std::span<const float> x,
         std::span<float> h, std::span<float> y, std::span<float> scratch);

}  // namespace edgy::kernels
