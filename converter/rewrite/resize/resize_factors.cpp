// Values again, beside each other, that then become positions; and linear interpolation by whole
// factors as a convolution of each channel: every output lies less than one input from the input it
// comes from, so that three taps hold its weights. The phases of an input are channels of that
// convolution, which then become positions.
#include "converter/rewrite/resize/resize_factors.h"

#include <algorithm>
#include <cmath>

#include "converter/rewrite/interleave.h"

namespace edgy::converter::rewrite {
namespace {

constexpr std::size_t kTaps = 3;

/// Weights of the inputs before, at and behind an output's own, [phase][tap].
std::vector<std::vector<double>> weights_of(int64_t factor, bool centred) {
  std::vector<std::vector<double>> weights;
  for (int64_t phase = 0; phase < factor; ++phase) {
    const double at = centred
                          ? (static_cast<double>(phase) + 0.5) / static_cast<double>(factor) - 0.5
                          : static_cast<double>(phase) / static_cast<double>(factor);
    std::vector<double> taps(kTaps);
    for (std::size_t tap = 0; tap < kTaps; ++tap)
      taps[tap] = std::max(0.0, 1 - std::fabs(at - (static_cast<double>(tap) - 1)));
    weights.push_back(taps);
  }
  return weights;
}

}  // namespace

ValueId repeated(Builder& b, const std::vector<double>& scales) {
  const DimShape shape = b.shape(b.input(0));
  const bool image = shape.size() == 4;
  const auto down = image ? static_cast<int64_t>(scales[2]) : 1;
  const auto across = static_cast<int64_t>(scales.back());
  const int64_t channels = shape[1].value;
  const ValueId last = b.transpose(
      b.input(0), image ? std::vector<int64_t>{0, 2, 3, 1} : std::vector<int64_t>{0, 2, 1});
  const std::vector<ValueId> copies(static_cast<std::size_t>(down * across), last);
  const ValueId beside =
      copies.size() == 1 ? last : b.add("Concat", copies, {{"axis", int64_t{-1}}});
  const std::vector<int64_t> apart = image ? std::vector<int64_t>{0, 0, 0, across, down, channels}
                                           : std::vector<int64_t>{0, 0, across, channels};
  return interleave(b, b.reshape(beside, apart));
}

ValueId interpolated(Builder& b, ValueId x, const std::vector<int64_t>& factors, bool centred) {
  const bool image = factors.size() == 2;
  const int64_t channels = b.shape(x)[1].value;
  const auto down = weights_of(image ? factors[0] : 1, centred);
  const auto across = weights_of(factors.back(), centred);
  // Phases along the last axis first, as interleave() takes them.
  std::vector<float> kernel;
  for (const auto& column : across) {
    for (const auto& row : down) {
      for (std::size_t y = image ? 0 : 1; y < (image ? kTaps : 2); ++y) {
        for (std::size_t z = 0; z < kTaps; ++z)
          kernel.push_back(static_cast<float>((image ? row[y] : 1) * column[z]));
      }
    }
  }
  std::vector<float> kernels;
  for (int64_t channel = 0; channel < channels; ++channel)
    kernels.insert(kernels.end(), kernel.begin(), kernel.end());
  const auto phases = static_cast<int64_t>(down.size() * across.size());
  constexpr auto kWide = static_cast<int64_t>(kTaps);
  const std::vector<int64_t> window(factors.size(), kWide);
  std::vector<int64_t> shape = {channels * phases, 1};
  shape.insert(shape.end(), window.begin(), window.end());
  std::vector<int64_t> pads(2 * b.rank(x), 0);
  for (std::size_t axis = 2; axis < b.rank(x); ++axis)
    pads[axis] = pads[axis + b.rank(x)] = 1;
  const ValueId padded = b.add("Pad", {x}, {{"mode", std::string("edge")}, {"pads", pads}});
  const ValueId y = b.add("Conv", {padded, b.floats(shape, kernels)},
                          {{"group", channels}, {"kernel_shape", window}});
  const ValueId last =
      b.transpose(y, image ? std::vector<int64_t>{0, 2, 3, 1} : std::vector<int64_t>{0, 2, 1});
  if (!image)
    return interleave(b, b.transpose(b.reshape(last, {0, 0, channels, factors[0]}), {0, 1, 3, 2}));
  const ValueId apart = b.reshape(last, {0, 0, 0, channels, factors[1], factors[0]});
  return interleave(b, b.transpose(apart, {0, 1, 2, 4, 5, 3}));
}

}  // namespace edgy::converter::rewrite
