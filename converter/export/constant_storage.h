// Constants whose values follow from a few of them.
#pragma once

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// Stores away what constants say more than once:
///  * one value that a Concat puts before or behind its other inputs becomes a Pad with that value;
///  * where a constant of a Binary operator is the same at every index of an axis along which it
///    would be broadcast, one index is kept.
/// Results are bit for bit the same. Runs before compact(), which lets constants of equal content
/// share a buffer.
void store_repeated(format::fb::ModelT& model);

}  // namespace edgy::converter
