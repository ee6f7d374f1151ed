#include "converter/export/sha256.h"

// OpenSSL is everywhere but in WebAssembly, where of all of it this one function would be wanted.
#if defined(__EMSCRIPTEN__)
#include <sys/types.h>

#include <cstddef>

extern "C" {
#include <sha2.h>
}
#else
#include <openssl/evp.h>
#endif

#include <algorithm>
#include <array>

#include "converter/error.h"

namespace edgy::converter {
namespace {

using Digest = std::array<uint8_t, 32>;

Digest digest_of(std::span<const uint8_t> bytes) {
  Digest digest;
#if defined(__EMSCRIPTEN__)
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, bytes.data(), bytes.size());
  SHA256Final(digest.data(), &context);
#else
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1 ||
      size != digest.size())
    throw Error("SHA-256 is not available");
#endif
  return digest;
}

/// RFC 4648, section 4.
std::string base64(std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(bytes.size() - at, 3);
    uint32_t three = 0;
    for (std::size_t i = 0; i < 3; ++i)
      three = three << 8 | (i < count ? bytes[at + i] : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      text += i <= count ? kDigits[three >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

}  // namespace

std::string sha256(std::span<const uint8_t> bytes) {
  std::string text;
  for (const uint8_t byte : digest_of(bytes)) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string integrity(std::span<const uint8_t> bytes) {
  return "sha256-" + base64(digest_of(bytes));
}

}  // namespace edgy::converter
