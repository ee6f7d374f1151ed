// Compressed models from files. Apart from model_files.h, so that a program which reads only these
// does not link the ONNX importer.
#pragma once

#include <filesystem>

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// A verified .edgy file as objects. Throws Error naming the file.
format::fb::ModelT read_edgy(const std::filesystem::path& path);

}  // namespace edgy::converter
