// Models from files, whatever their format.
#pragma once

#include <filesystem>

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// A verified .edgy file as objects. Throws Error naming the file.
format::fb::ModelT read_edgy(const std::filesystem::path& path);

/// An .onnx file imported and lowered to float32, or an .edgy file. Throws Error naming the file.
format::fb::ModelT read_model(const std::filesystem::path& path);

}  // namespace edgy::converter
