// Functions of one int8 value as tables: any function of one value, and changes of quantization.
//
// A byte has 256 values, one of 7 bits 128. What a function gives for each is computed once, by the
// float kernels; after that a value costs a part of a vector instruction, however dear the function
// is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/float/elementwise.h"
#include "kernels/quantize/quantize.h"

namespace edgy::kernels {

/// What each stored byte becomes.
struct LookupTable {
  alignas(16) std::array<int8_t, 256> answers{};  ///< of the byte read as 0..255
  bool seven_bits = false;  ///< no byte beyond 0..127 is looked up: half of the table is enough
};

/// answers[q] = quantize(f(x.scale * (q - x.zero_point))) to `y`, in float32 as `dequantize`,
/// `unary` and `quantize_rows` compute it: the same bytes as the three one after the other,
/// whatever the function is. NaN becomes y.qmin. `alpha`, `beta`: of `unary`.
LookupTable unary_table(UnaryOp op, float alpha, float beta, const QuantizeParameters& x,
                        const QuantizeParameters& y);

/// The same of f(x) = x: from one quantization to another.
LookupTable requantize_table(const QuantizeParameters& x, const QuantizeParameters& y);

/// output[i] = answers[input[i] as 0..255]. Reads and writes `count` bytes; `output` may be
/// `input`. With `seven_bits` every input must lie in 0..127.
void lookup(const LookupTable& table, const int8_t* input, std::size_t count, int8_t* output);

/// The definition of `lookup`.
void lookup_reference(const LookupTable& table, const int8_t* input, std::size_t count,
                      int8_t* output);

}  // namespace edgy::kernels
