#include "converter/models/read_edgy.h"

#include "converter/data/files.h"
#include "converter/error.h"
#include "wasm/format/verify.h"

namespace edgy::converter {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 31;  // of a FlatBuffer

}  // namespace

std::vector<uint8_t> read_edgy_bytes(const std::filesystem::path& path) {
  return read_bytes(path, kMostBytes);
}

format::fb::ModelT unpack_edgy(std::span<const uint8_t> bytes, const std::filesystem::path& path) {
  const auto root = format::verify(bytes);
  if (!root)
    throw Error(path.string() + ": " + root.error().message);
  format::fb::ModelT model;
  (*root)->UnPackTo(&model);
  return model;
}

format::fb::ModelT read_edgy(const std::filesystem::path& path) {
  return unpack_edgy(read_edgy_bytes(path), path);
}

}  // namespace edgy::converter
