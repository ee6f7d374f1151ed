// What the processor makes of a relaxed dot product: known by what it answers, not by a clock.
#pragma once

#include <cstdint>

namespace edgy::kernels {

/// Within the range that kernels use (second operand 0..127) all answer the same; beyond it each
/// class has an answer of its own, because each computes the instruction in its own way.
enum class DotClass : uint8_t {
  kNone,             ///< a build without relaxed SIMD
  kSaturatingPairs,  ///< x86 without VNNI: three instructions, sums of two products saturate in 16
                     ///< bits
  kSignedPairs,      ///< Arm without dot products: four instructions, sums of two products wrap
  kExactUnsigned,    ///< x86 with VNNI, Arm's USDOT: one instruction, second operand 0..255
  kExactSigned,      ///< Arm's SDOT: one instruction, second operand -128..127
};
inline constexpr int kDotClasses = 5;

/// Whether the instruction is one of the processor's own.
inline constexpr bool has_exact_dot(DotClass dot_class) {
  return dot_class == DotClass::kExactUnsigned || dot_class == DotClass::kExactSigned;
}

/// "none", "saturating-pairs", "signed-pairs", "exact-unsigned", "exact-signed".
const char* to_string(DotClass dot_class);

/// What i32x4.relaxed_dot_i8x16_i7x16_add_s answers beyond the range of its second operand, where
/// 255 and 128 are -1 and -128 to whom it is signed.
struct DotAnswers {
  int32_t large = 0;   ///< four times 127 * 255
  int32_t lowest = 0;  ///< four times -128 * 128
};
/// Whose answers they are. Those that no known class gives count as kSaturatingPairs, whose forms
/// are fast enough anywhere.
DotClass class_of(const DotAnswers& answers);

/// The class of this processor: a few instructions, the same answer every time.
DotClass dot_class();

}  // namespace edgy::kernels
