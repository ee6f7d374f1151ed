// How weights with zeros are stored in a file.
#pragma once

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// Stores each int8 constant that an operator reads as weights (Conv2D, Dense) in the smallest of
/// the format's encodings: dense, or blocks of 1x4, 2x4, 4x4 or 1x1 with a bitmap or deltas. What
/// the runtime decodes is the same, byte for byte. Buffers that fall out of use stay in the model:
/// `compact` drops them.
void store_sparse(format::fb::ModelT& model);

}  // namespace edgy::converter
