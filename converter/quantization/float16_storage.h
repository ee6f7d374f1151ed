// Float constants in half the bytes.
#pragma once

#include <vector>

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// A float32 constant that may take two bytes a value.
struct Float16Candidate {
  int32_t tensor;
  uint64_t saved_bytes;  ///< 0 where another one shares the buffer
  double sqnr_db;        ///< of its values, rounded
};

/// Constants of at least 256 values that operators read and that lose little: rounding to 11 bits
/// gives 70 dB and more, except where values are too large or too small for binary16; below 60 dB a
/// tensor is no candidate.
std::vector<Float16Candidate> float16_candidates(const format::fb::ModelT& model);

/// Stores all candidates as F16; the runtime computes with the rounded values in float32. The norms
/// of a codebook that is rounded are left to the runtime, so that they are those of what it holds.
void store_float16(format::fb::ModelT& model);

/// The inverse: F16 constants become F32 of the same values.
void expand_float16(format::fb::ModelT& model);

}  // namespace edgy::converter
