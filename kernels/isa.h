// The instruction forms a kernel may exist in.
#pragma once

#include <span>

namespace edgy::kernels {

/// Every form computes the same integers; they differ only in speed.
enum class Isa {
  kReference,    ///< plain C++, the definition that all others are tested against
  kSimd128,      ///< WebAssembly SIMD128: bytes widened to 16 bits, i32x4.dot_i16x8_s
  kRelaxedDot,   ///< i32x4.relaxed_dot_i8x16_i7x16_add_s (one instruction with VNNI or Arm dot
                 ///< products)
  kRelaxedPair,  ///< i16x8.relaxed_dot_i8x16_i7x16_s, then i32x4.dot_i16x8_s with ones (fewer
                 ///< instructions without VNNI)
};

/// "reference", "simd128", "relaxed-dot", "relaxed-pair".
const char* to_string(Isa isa);

/// The forms compiled into this build, slowest first; kReference is always there.
std::span<const Isa> available_isas();

}  // namespace edgy::kernels
