// The bundled encoder and its recordings, as tests of the converter use them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "converter/data/dataset.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// tests/data.
std::filesystem::path test_data();

/// The float encoder, read once.
const format::fb::ModelT& encoder();

/// At most `limit` recordings of a split, as inputs of the encoder.
std::unique_ptr<CalibrationSource> recordings(const std::string& split, std::size_t limit);

}  // namespace edgy::converter
