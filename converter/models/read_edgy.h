// Compressed models from files. Apart from model_files.h, so that a program which reads only these
// does not link the ONNX importer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// A verified .edgy file as objects. Throws Error naming the file.
format::fb::ModelT read_edgy(const std::filesystem::path& path);

/// The same in two steps, for who wants the bytes as well: those of a file that may be one, at most
/// as many as a FlatBuffer can have; and the model in `bytes`, verified. Throw Error naming `path`.
std::vector<uint8_t> read_edgy_bytes(const std::filesystem::path& path);
format::fb::ModelT unpack_edgy(std::span<const uint8_t> bytes, const std::filesystem::path& path);

}  // namespace edgy::converter
