#include "converter/models/read_edgy.h"

#include "converter/data/files.h"
#include "converter/error.h"
#include "wasm/format/verify.h"

namespace edgy::converter {

format::fb::ModelT read_edgy(const std::filesystem::path& path) {
  const std::vector<uint8_t> bytes = read_bytes(path);
  const auto root = format::verify(bytes);
  if (!root)
    throw Error(path.string() + ": " + root.error().message);
  format::fb::ModelT model;
  (*root)->UnPackTo(&model);
  return model;
}

}  // namespace edgy::converter
