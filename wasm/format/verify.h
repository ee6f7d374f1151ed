// The gate that every model goes through before anything else reads it.
#pragma once

#include <cstdint>
#include <span>

#include "wasm/format/edgy_generated.h"
#include "wasm/format/error.h"

namespace edgy::format {

/// Greatest schema version this build reads.
inline constexpr uint32_t kVersion = 1;

/// The features (fb::Model.features) this build knows.
std::span<const char* const> known_features();

/// Checks that `bytes` is a model that can be read without further care: structure, identifier,
/// version, features, every index, shape, constant size, quantization, sparse index, order of
/// operators, and each operator's arity, constants and attributes. Any bytes may be given; they
/// must be aligned to 8 (as every allocation is) and outlive the result. Fails with kInvalidModel,
/// or kUnsupportedModel for a newer version or an unknown feature or operator. The message names
/// the tensor or operator and says what would be right. Allocates no more than a few bytes per
/// tensor.
Result<const fb::Model*> verify(std::span<const uint8_t> bytes);

}  // namespace edgy::format
