#include "kernels/dot_class.h"

#include <iterator>

#include "kernels/simd.h"

namespace edgy::kernels {

const char* to_string(DotClass dot_class) {
  static constexpr const char* kNames[] = {"none", "saturating-pairs", "signed-pairs",
                                           "exact-unsigned", "exact-signed"};
  static_assert(std::size(kNames) == kDotClasses);
  return kNames[static_cast<int>(dot_class)];
}

DotClass class_of(const DotAnswers& answers) {
  constexpr int32_t kUnsigned = 4 * 127 * 255;
  constexpr int32_t kSigned = 4 * 127 * -1;
  if (answers.large == kUnsigned) {
    return DotClass::kExactUnsigned;
  }
  if (answers.large == kSigned) {
    return answers.lowest == 4 * 128 * 128 ? DotClass::kExactSigned : DotClass::kSignedPairs;
  }
  return DotClass::kSaturatingPairs;
}

#if !defined(__wasm__) || defined(__wasm_relaxed_simd__)
DotClass dot_class() {
  // Read anew, so that no compiler answers in the processor's place.
  static constexpr volatile int32_t kWeights[] = {0x7f7f7f7f, -0x7f7f7f80};
  static constexpr volatile int32_t kActivations[] = {-1, -0x7f7f7f80};
  const v128_t sums =
      relaxed_dot_add(wasm_i32x4_make(kWeights[0], kWeights[1], 0, 0),
                      wasm_i32x4_make(kActivations[0], kActivations[1], 0, 0), wasm_i32x4_splat(0));
  return class_of({wasm_i32x4_extract_lane(sums, 0), wasm_i32x4_extract_lane(sums, 1)});
}
#else
DotClass dot_class() {
  return DotClass::kNone;
}
#endif

}  // namespace edgy::kernels
