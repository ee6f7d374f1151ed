// Random numbers that are the same on every machine, and need no state between steps.
#pragma once

#include <cmath>
#include <cstdint>

namespace edgy::converter::private_encoder {

/// SplitMix64 (G. L. Steele et al., "Fast splittable pseudorandom number generators", 2014).
class Random {
 public:
  /// A stream of its own for each pair: of a seed and a step.
  explicit Random(uint64_t seed, uint64_t stream = 0)
      : state_(mix(seed + kGamma) ^ mix(stream * kGamma + 1)) {}

  uint64_t next() { return mix(state_ += kGamma); }
  /// In 0..1, 1 excluded.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// In 0..count-1; 0 of nothing.
  std::size_t below(std::size_t count) {
    return count == 0 ? 0 : static_cast<std::size_t>(next() % count);
  }
  /// Mean 0, deviation 1, within +-3.47: the sum of four uniform numbers, which is as near to a
  /// normal one as noise has to be.
  double normal() {
    const uint64_t bits = next();
    double sum = 0;
    for (int i = 0; i < 4; ++i)
      sum += static_cast<double>((bits >> (16 * i)) & 0xffff);
    return (sum - 2 * 65535.0) / (65535.0 * std::sqrt(1.0 / 3));
  }

 private:
  static constexpr uint64_t kGamma = 0x9E3779B97F4A7C15U;
  static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  uint64_t state_;
};

}  // namespace edgy::converter::private_encoder
