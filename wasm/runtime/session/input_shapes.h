// Whether shapes are those of a model's inputs.
#pragma once

#include <span>

#include "wasm/runtime/model.h"

namespace edgy::runtime {

/// An error that names the input unless `shapes` are as many as the model's inputs, fit their
/// declared extents and agree where two extents have one name.
Result<void> check_input_shapes(const Model& model, std::span<const Shape> shapes);

}  // namespace edgy::runtime
