// How close one set of values is to another.
#pragma once

#include <cstdint>
#include <span>

namespace edgy::converter {

/// Running comparison of values with their float reference.
class Fidelity {
 public:
  /// NaN and infinities add nothing where both have the same, and an infinite error where not.
  void add(std::span<const float> reference, std::span<const float> value);

  double cosine()
      const;  ///< of all values as one vector; 1 if both are zero; 0 with infinite error
  double sqnr_db() const;  ///< 10 log10(signal power / error power); infinite without error
  double max_error() const { return max_error_; }
  std::uint64_t count() const { return count_; }

 private:
  double reference_power_ = 0;
  double value_power_ = 0;
  double product_ = 0;
  double error_power_ = 0;
  double max_error_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace edgy::converter
