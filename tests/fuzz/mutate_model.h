// Changes .edgy models table by table: flips of bytes alone die in the verifier of the FlatBuffer.
#pragma once

#include "tests/fuzz/dice.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::fuzz {

/// Changes one thing of `model`: an operand, a shape, a type, a grid, an option, the order of
/// operators, the bytes of a constant; or takes over an operator of `other` with its tensors.
void mutate_model(format::fb::ModelT& model, const format::fb::ModelT& other, Dice& dice);

}  // namespace edgy::fuzz
