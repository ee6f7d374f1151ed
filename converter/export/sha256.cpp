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

}  // namespace edgy::converter
