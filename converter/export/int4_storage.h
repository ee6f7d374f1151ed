// Weights of few bits, two in a byte.
#pragma once

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// Stores the int8 weights of Conv2D and Dense operators that were quantized to 4 bits or fewer as
/// I4, dense or sparse as they are. Changes no value. After store_sparse.
void store_int4(format::fb::ModelT& model);

/// The inverse: I4 tensors become I8 of the same values. Padding that a file's last byte may hold
/// is dropped.
void expand_int4(format::fb::ModelT& model);

}  // namespace edgy::converter
