// From a model in memory to an .edgy file.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// What the file records of the model it was made from.
struct Source {
  std::string name;
  std::span<const uint8_t> bytes;
};

/// Names what a runtime must know to run the model, from how its tensors are stored.
void set_features(format::fb::ModelT& model);

/// Fills in version, features, producer and the source's name, size and SHA-256.
void stamp(format::fb::ModelT& model, const Source& source, const std::string& producer);

/// The bytes of the file. Equal models give equal bytes. Throws Error if the runtime
/// would refuse them, or could not plan them (plannable.h).
std::vector<uint8_t> serialize(const format::fb::ModelT& model);

}  // namespace edgy::converter
