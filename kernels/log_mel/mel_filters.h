// Triangular filters on Slaney's mel scale (linear below 1 kHz, logarithmic above),
// area-normalized.
#pragma once

#include <cstddef>
#include <vector>

namespace edgy::kernels {

/// Only the bins where a triangle is above zero are kept; the weights of filter m are
/// weights[start[m] .. start[m + 1]), the first of them for bin first_bin[m].
struct MelFilters {
  std::vector<float> weights;
  std::vector<std::size_t> start;
  std::vector<std::size_t> first_bin;
};

/// `mels` triangles from f_min to f_max (Hz) over the bins of an `fft_size`-point transform; each
/// is scaled by 2 / (its width in Hz). Computed in double, rounded once.
MelFilters make_mel_filters(int sample_rate, int fft_size, int mels, double f_min, double f_max);

}  // namespace edgy::kernels
