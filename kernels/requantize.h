// The one definition of how an int32 accumulator becomes an int8 activation.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace edgy::kernels {

/// y = clamp(round_half_even(float(accumulator) * scale) + zero_point, qmin, qmax).
///
/// This is the arithmetic of XNNPACK's "fp32" requantization, so that its kernels and ours can
/// stand in for each other bit for bit. The product is rounded to float once; the clamp is done
/// before the conversion to integer, so that no accumulator overflows. -128 <= qmin <= zero_point
/// <= qmax <= 127.
inline int8_t requantize(int32_t accumulator, float scale, int32_t zero_point, int32_t qmin,
                         int32_t qmax) {
  float value = static_cast<float>(accumulator) * scale;
  value = std::max(value, static_cast<float>(qmin - zero_point));
  value = std::min(value, static_cast<float>(qmax - zero_point));
  return static_cast<int8_t>(static_cast<int32_t>(std::nearbyintf(value)) + zero_point);
}

/// q = clamp(round_half_even(value * inverse_scale) + zero_point, qmin, qmax); NaN gives qmin.
inline int8_t quantize(float value, float inverse_scale, int32_t zero_point, int32_t qmin,
                       int32_t qmax) {
  const float scaled = value * inverse_scale;
  const float low = static_cast<float>(qmin - zero_point);
  const float high = static_cast<float>(qmax - zero_point);
  float clamped = scaled > low ? scaled : low;  // NaN compares false and becomes `low`
  clamped = clamped < high ? clamped : high;
  return static_cast<int8_t>(static_cast<int32_t>(std::nearbyintf(clamped)) + zero_point);
}

}  // namespace edgy::kernels
