// Models from files, whatever their format.
#pragma once

#include <filesystem>

#include "converter/models/read_edgy.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// An .onnx file imported and lowered to float32, or an .edgy file. Throws Error naming the file.
format::fb::ModelT read_model(const std::filesystem::path& path);

}  // namespace edgy::converter
