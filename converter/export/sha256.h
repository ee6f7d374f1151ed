// Digests of files.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace edgy::converter {

/// SHA-256 in hexadecimal.
std::string sha256(std::span<const uint8_t> bytes);

/// The same as Subresource Integrity writes it ("sha256-" and base64), for the option `integrity`
/// of a session: https://www.w3.org/TR/sri/
std::string integrity(std::span<const uint8_t> bytes);

}  // namespace edgy::converter
