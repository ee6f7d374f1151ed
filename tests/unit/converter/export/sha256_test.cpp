#include "converter/export/sha256.h"

#include <catch2/catch_test_macros.hpp>
#include <string_view>

namespace edgy::converter {
namespace {

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// FIPS 180-4's example, and that of no bytes.
TEST_CASE("digests in hexadecimal and as Subresource Integrity writes them", "[sha256]") {
  CHECK(sha256(bytes_of("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(integrity(bytes_of("abc")) == "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
  CHECK(integrity({}) == "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

}  // namespace
}  // namespace edgy::converter
