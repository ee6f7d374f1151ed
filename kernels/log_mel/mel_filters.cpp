#include "kernels/log_mel/mel_filters.h"

#include <algorithm>
#include <cmath>

namespace edgy::kernels {
namespace {

constexpr double kLinearStep = 200.0 / 3;  // Hz a mel below the break
constexpr double kBreakHz = 1000;
constexpr double kBreakMel = kBreakHz / kLinearStep;

double log_step() {
  return std::log(6.4) / 27;
}  // ln(Hz) a mel above it

double to_mel(double hz) {
  return hz < kBreakHz ? hz / kLinearStep : kBreakMel + std::log(hz / kBreakHz) / log_step();
}

double to_hz(double mel) {
  return mel < kBreakMel ? mel * kLinearStep : kBreakHz * std::exp(log_step() * (mel - kBreakMel));
}

}  // namespace

MelFilters make_mel_filters(int sample_rate, int fft_size, int mels, double f_min, double f_max) {
  const double low = to_mel(f_min);
  const double step = (to_mel(f_max) - low) / (mels + 1);
  const double hz_per_bin = static_cast<double>(sample_rate) / fft_size;
  MelFilters filters;
  filters.start.push_back(0);
  for (int m = 0; m < mels; ++m) {
    const double left = to_hz(low + m * step);
    const double centre = to_hz(low + (m + 1) * step);
    const double right = to_hz(low + (m + 2) * step);
    std::size_t first = 0;
    bool found = false;
    for (int bin = 0; bin <= fft_size / 2; ++bin) {
      const double hz = bin * hz_per_bin;
      const double height =
          std::min((hz - left) / (centre - left), (right - hz) / (right - centre));
      if (height <= 0) {
        continue;
      }
      if (!found) {
        first = static_cast<std::size_t>(bin);
        found = true;
      }
      filters.weights.push_back(static_cast<float>(height * 2 / (right - left)));
    }
    filters.first_bin.push_back(first);
    filters.start.push_back(filters.weights.size());
  }
  return filters;
}

}  // namespace edgy::kernels
