// How many values the elements of a tensor can have.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// The operator that writes `tensor`; nullptr: a constant or an input.
const format::fb::OperatorT* producer_of(const format::fb::ModelT& model, int32_t tensor);

/// The elements of a constant of I64 or I32, row major. Nothing when `tensor` is another thing, has
/// no elements or one below 0.
std::optional<std::vector<int64_t>> whole_constant(const format::fb::ModelT& model, int32_t tensor);

/// The values of `tensor` are 0 to one less than this; nothing where only its type bounds them:
/// positions in a codebook or along an axis, what is looked up in a constant of whole numbers, and
/// all of these moved. As the guard of sealed sessions counts (wasm/npm/src/seal/value_range.ts).
std::optional<int64_t> count_values(const format::fb::ModelT& model, int32_t tensor);

}  // namespace edgy::converter
