#include "wasm/format/float16.h"

#include <bit>

namespace edgy::format {
namespace {

constexpr int kDroppedBits = 23 - 10;
constexpr int kBiasDifference = 127 - 15;
constexpr uint32_t kInfinity32 = 0x7f800000;
constexpr uint16_t kInfinity16 = 0x7c00;
constexpr uint16_t kQuietNan16 = 0x7e00;
constexpr uint32_t kImplicitBit = 1U << 23;

/// `value` without its last `bits` bits, rounded to nearest, ties to even.
uint32_t shift_round(uint32_t value, int bits) {
  const uint32_t half = 1U << (bits - 1);
  const uint32_t rest = value & (2 * half - 1);
  const uint32_t kept = value >> bits;
  return kept + (rest > half || (rest == half && (kept & 1) != 0) ? 1 : 0);
}

}  // namespace

uint16_t to_float16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>((bits >> 16) & 0x8000);
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude >= kInfinity32)
    return sign | (magnitude > kInfinity32 ? kQuietNan16 : kInfinity16);
  const int exponent = static_cast<int>(magnitude >> 23) - kBiasDifference;
  if (exponent >= 31)
    return sign | kInfinity16;
  if (exponent > 0) {
    // A carry out of the fraction raises the exponent, up to infinity: both as it should be.
    const uint32_t rebased = magnitude - (static_cast<uint32_t>(kBiasDifference) << 23);
    return static_cast<uint16_t>(sign | shift_round(rebased, kDroppedBits));
  }
  if (exponent < -10)  // less than half of the smallest
    return sign;
  const uint32_t fraction = (magnitude & (kImplicitBit - 1)) | kImplicitBit;
  return static_cast<uint16_t>(sign | shift_round(fraction, kDroppedBits + 1 - exponent));
}

float from_float16(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
  const uint32_t exponent = (bits >> 10) & 31;
  const uint32_t fraction = bits & 0x3ff;
  if (exponent == 0) {
    constexpr float kSmallest = 0x1p-24F;
    const float magnitude = static_cast<float>(fraction) * kSmallest;
    return sign != 0 ? -magnitude : magnitude;
  }
  const uint32_t rebased = exponent == 31 ? 255 : exponent + kBiasDifference;
  return std::bit_cast<float>(sign | rebased << 23 | fraction << kDroppedBits);
}

std::vector<uint8_t> pack_float16(std::span<const float> values) {
  std::vector<uint8_t> bytes;
  bytes.reserve(2 * values.size());
  for (const float value : values) {
    const uint16_t half = to_float16(value);
    bytes.push_back(static_cast<uint8_t>(half & 255));
    bytes.push_back(static_cast<uint8_t>(half >> 8));
  }
  return bytes;
}

std::vector<float> unpack_float16(std::span<const uint8_t> bytes) {
  std::vector<float> values;
  values.reserve(bytes.size() / 2);
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
    values.push_back(from_float16(static_cast<uint16_t>(bytes[i] | bytes[i + 1] << 8)));
  return values;
}

}  // namespace edgy::format
