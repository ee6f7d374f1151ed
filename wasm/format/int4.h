// How 4-bit integers are stored in a file: two in a byte.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace edgy::format {

inline constexpr int8_t kLeastInt4 = -8;
inline constexpr int8_t kGreatestInt4 = 7;

/// Bytes that `count` values take.
constexpr int64_t int4_bytes(int64_t count) {
  return (count + 1) / 2;
}

/// Two's complement, value 2 * i in the low half of byte i, value 2 * i + 1 in the high half; the
/// high half of the last byte is zero where `values` are odd in number. Values must be in -8..7.
std::vector<uint8_t> pack_int4(std::span<const int8_t> values);

/// The inverse: the first `count` values of `bytes`, which has at least int4_bytes(count).
std::vector<int8_t> unpack_int4(std::span<const uint8_t> bytes, int64_t count);

}  // namespace edgy::format
