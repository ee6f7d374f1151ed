// Constants as they are computed with, whatever they are stored as.
#pragma once

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// Stores every constant row major, a value of its own for each element: sparse ones get their
/// zeros back, I4 becomes I8 (on the same grid), F16 becomes F32. Values stay. Throws Error, before
/// any memory is taken, where a few stored bytes claim to be very many: as zeros that are not
/// stored, or under many names.
void plain_constants(format::fb::ModelT& model);

}  // namespace edgy::converter
