// Limits in bytes on machines whose addresses have 32 bits, such as WebAssembly.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace edgy::converter {

/// `bytes`, or where addresses are shorter than that, all that they reach.
constexpr std::size_t addressable(uint64_t bytes) {
  return static_cast<std::size_t>(
      std::min<uint64_t>(bytes, std::numeric_limits<std::size_t>::max()));
}

}  // namespace edgy::converter
