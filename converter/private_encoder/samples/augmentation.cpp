#include "converter/private_encoder/samples/augmentation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "converter/private_encoder/samples/recordings.h"

namespace edgy::converter::private_encoder {
namespace {

constexpr double kLowest = 50;     // Hz, of the front end's bands
constexpr double kHighest = 8000;  // Hz
/// Log-mel is in units of 80 dB of amplitude: that many nepers each.
constexpr float kNepers = 80 * std::numbers::ln10_v<float> / 20;
constexpr double kLargestWarp = 0.24;  // of the logarithm: from a child to a giant

/// Slaney's mel scale, as in the front end.
double mel_of(double hertz) {
  const double step = std::log(6.4) / 27;
  return hertz >= 1000 ? 15 + std::log(hertz / 1000) / step : hertz * 3 / 200;
}
double hertz_of(double mel) {
  const double step = std::log(6.4) / 27;
  return mel >= 15 ? 1000 * std::exp(step * (mel - 15)) : mel * 200 / 3;
}

/// Half a wave of that order over all bands.
double cosine(int order, int band) {
  return std::cos(std::numbers::pi * order * (band + 0.5) / kMels);
}

std::size_t at(int row, int frames) {
  return static_cast<std::size_t>(row) * static_cast<std::size_t>(frames);
}

void warp(std::vector<float>& mel, int frames, double factor) {
  const double low = mel_of(kLowest);
  const double step = (mel_of(kHighest) - low) / (kMels + 1);
  std::vector<float> warped(mel.size());
  for (int band = 0; band < kMels; ++band) {
    const double centre = hertz_of(low + step * (band + 1));
    const double from = std::clamp(centre / factor, kLowest, kHighest);
    const double place = std::clamp((mel_of(from) - low) / step - 1, 0.0, kMels - 1.0);
    const int below = std::min(static_cast<int>(place), kMels - 2);
    const auto share = static_cast<float>(place - below);
    const float* a = mel.data() + at(below, frames);
    const float* b = mel.data() + at(below + 1, frames);
    float* to = warped.data() + at(band, frames);
    for (int t = 0; t < frames; ++t)
      to[t] = a[t] * (1 - share) + b[t] * share;
  }
  mel = std::move(warped);
}

void equalize(std::vector<float>& mel, int frames, double strength, Random& random) {
  // Smooth curves are stronger than wavy ones.
  constexpr std::array<double, 7> kAmplitudes = {0.06, 0.06, 0.05, 0.04, 0.03, 0.02, 0.02};
  std::array<double, 7> amplitude{};
  for (std::size_t i = 0; i < amplitude.size(); ++i)
    amplitude[i] = kAmplitudes[i] * strength * random.normal();
  for (int band = 0; band < kMels; ++band) {
    double gain = 0;
    for (int order = 0; order < 7; ++order)
      gain += amplitude[static_cast<std::size_t>(order)] * cosine(order, band);
    for (int t = 0; t < frames; ++t)
      mel[at(band, frames) + static_cast<std::size_t>(t)] += static_cast<float>(gain);
  }
}

void cut_high_bands(std::vector<float>& mel, int frames, Random& random) {
  constexpr int kFirst = 50;  // 1.9 kHz
  constexpr int kLast = 71;
  constexpr double kFall = 0.5;  // 40 dB at the highest band
  const int edge = kFirst + static_cast<int>(random.below(kLast - kFirst + 1));
  for (int band = edge; band < kMels; ++band) {
    const double loss = kFall * (band - edge) / std::max(1, kMels - 1 - edge);
    for (int t = 0; t < frames; ++t)
      mel[at(band, frames) + static_cast<std::size_t>(t)] -= static_cast<float>(loss);
  }
}

/// log(exp(a) + exp(b)) of values in units of 80 dB.
float sum_of_amplitudes(float a, float b) {
  const float high = std::max(a, b);
  const float apart = (high - std::min(a, b)) * kNepers;
  return apart > 15 ? high : high + std::log1p(std::exp(-apart)) / kNepers;
}

void add_noise(std::vector<float>& mel, int frames, const AugmentationOptions& options,
               Random& random) {
  constexpr double kColour = 0.08;
  const float top = *std::ranges::max_element(mel);
  const double level = top - random.uniform(options.least_noise, options.most_noise);
  const double tilt = kColour * random.normal();
  const double bow = kColour * random.normal();
  for (int band = 0; band < kMels; ++band) {
    const double floor = level + tilt * cosine(1, band) + bow * cosine(2, band);
    for (int t = 0; t < frames; ++t) {
      float& value = mel[at(band, frames) + static_cast<std::size_t>(t)];
      value = sum_of_amplitudes(value,
                                static_cast<float>(floor + options.noise_grain * random.normal()));
    }
  }
}

}  // namespace

Stretch stretched(const Stretch& from, const AugmentationOptions& options, Random& random) {
  const double widest = 1 + options.stretch;
  const double factor = random.uniform(1 / widest, widest);
  const int frames = std::max(2, static_cast<int>(from.frames * factor));
  Stretch to;
  to.frames = frames;
  to.mel.resize(at(kMels, frames));
  to.phone.resize(static_cast<std::size_t>(frames));
  for (int t = 0; t < frames; ++t) {
    const double place = static_cast<double>(t) * (from.frames - 1) / (frames - 1);
    const int below = std::min(static_cast<int>(place), from.frames - 2);
    const auto share = static_cast<float>(place - below);
    for (int band = 0; band < kMels; ++band) {
      const float* row = from.mel.data() + at(band, from.frames);
      to.mel[at(band, frames) + static_cast<std::size_t>(t)] =
          row[below] * (1 - share) + row[below + 1] * share;
    }
    to.phone[static_cast<std::size_t>(t)] =
        from.phone[static_cast<std::size_t>(std::lround(place))];
  }
  return to;
}

Stretch cut(const Stretch& from, int begin, int count) {
  Stretch to;
  to.frames = count;
  to.mel.reserve(at(kMels, count));
  for (int band = 0; band < kMels; ++band) {
    const auto first =
        from.mel.begin() + static_cast<std::ptrdiff_t>(at(band, from.frames)) + begin;
    to.mel.insert(to.mel.end(), first, first + count);
  }
  to.phone.assign(from.phone.begin() + begin, from.phone.begin() + begin + count);
  return to;
}

void augment(std::vector<float>& mel, int frames, const AugmentationOptions& options,
             Random& random) {
  const double turn = std::clamp(options.warp * random.normal(), -kLargestWarp, kLargestWarp);
  if (options.warp > 0)
    warp(mel, frames, std::exp(turn));
  if (options.equalization > 0)
    equalize(mel, frames, options.equalization, random);
  if (random.uniform() < options.low_pass)
    cut_high_bands(mel, frames, random);
  if (options.most_noise > 0)
    add_noise(mel, frames, options, random);
  const float floor = *std::ranges::max_element(mel) - 1;
  for (float& value : mel)
    value = std::max(value, floor);
}

}  // namespace edgy::converter::private_encoder
