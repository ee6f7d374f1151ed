#include "wasm/format/int4.h"

namespace edgy::format {

std::vector<uint8_t> pack_int4(std::span<const int8_t> values) {
  std::vector<uint8_t> bytes(
      static_cast<std::size_t>(int4_bytes(static_cast<int64_t>(values.size()))));
  for (std::size_t i = 0; i < values.size(); i++) {
    const auto half = static_cast<uint8_t>(values[i] & 15);
    bytes[i / 2] = static_cast<uint8_t>(bytes[i / 2] | (i % 2 == 0 ? half : half << 4));
  }
  return bytes;
}

std::vector<int8_t> unpack_int4(std::span<const uint8_t> bytes, int64_t count) {
  std::vector<int8_t> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); i++) {
    const int half = i % 2 == 0 ? bytes[i / 2] & 15 : bytes[i / 2] >> 4;
    values[i] = static_cast<int8_t>((half ^ 8) - 8);
  }
  return values;
}

}  // namespace edgy::format
