#include "converter/calibration/fidelity.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace edgy::converter {

void Fidelity::add(std::span<const float> reference, std::span<const float> value) {
  const std::size_t count = std::min(reference.size(), value.size());
  for (std::size_t i = 0; i < count; ++i) {
    const double r = reference[i];
    const double v = value[i];
    if (!std::isfinite(r) || !std::isfinite(v)) {
      const bool equal = r == v || (std::isnan(r) && std::isnan(v));
      if (!equal)
        error_power_ = max_error_ = std::numeric_limits<double>::infinity();
      continue;
    }
    reference_power_ += r * r;
    value_power_ += v * v;
    product_ += r * v;
    error_power_ += (r - v) * (r - v);
    max_error_ = std::max(max_error_, std::fabs(r - v));
  }
  count_ += count;
}

double Fidelity::cosine() const {
  if (std::isinf(error_power_))
    return 0;
  if (reference_power_ == 0 && value_power_ == 0)
    return 1;
  const double norm = std::sqrt(reference_power_ * value_power_);
  return norm > 0 ? product_ / norm : 0;
}

double Fidelity::sqnr_db() const {
  if (error_power_ == 0)
    return std::numeric_limits<double>::infinity();
  return 10 * std::log10(reference_power_ / error_power_);
}

}  // namespace edgy::converter
