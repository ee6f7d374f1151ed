// How floats of half the size are stored: IEEE 754 binary16.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace edgy::format {

/// The nearest binary16, ties to even; beyond 65504 infinity. NaN stays NaN.
uint16_t to_float16(float value);
/// Exact.
float from_float16(uint16_t bits);

/// Two bytes a value, little endian.
std::vector<uint8_t> pack_float16(std::span<const float> values);
/// The inverse. `bytes` are even in number.
std::vector<float> unpack_float16(std::span<const uint8_t> bytes);

}  // namespace edgy::format
