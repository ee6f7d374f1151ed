// Constants as they are computed with, whatever they are stored as.
#pragma once

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// Stores every constant row major, a value of its own for each element: sparse ones get their
/// zeros back, I4 becomes I8 (on the same grid), F16 becomes F32. Values stay.
void plain_constants(format::fb::ModelT& model);

}  // namespace edgy::converter
