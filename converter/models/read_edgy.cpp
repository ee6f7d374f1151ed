#include "converter/models/read_edgy.h"

#include "converter/data/files.h"
#include "converter/error.h"
#include "wasm/format/verify.h"

namespace edgy::converter {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 31;  // of a FlatBuffer

}  // namespace

format::fb::ModelT read_edgy(const std::filesystem::path& path) {
  const std::vector<uint8_t> bytes = read_bytes(path, kMostBytes);
  const auto root = format::verify(bytes);
  if (!root)
    throw Error(path.string() + ": " + root.error().message);
  format::fb::ModelT model;
  (*root)->UnPackTo(&model);
  return model;
}

}  // namespace edgy::converter
