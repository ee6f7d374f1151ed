// Digests of source models.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace edgy::converter {

/// SHA-256 in hexadecimal.
std::string sha256(std::span<const uint8_t> bytes);

}  // namespace edgy::converter
