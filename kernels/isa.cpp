#include "kernels/isa.h"

#include "kernels/forms.h"

namespace edgy::kernels {
namespace {

constexpr Isa kIsas[] = {Isa::kReference, Isa::kSimd128, Isa::kRelaxedDot, Isa::kRelaxedPair};

}  // namespace

#if !defined(__wasm__) || defined(__wasm_relaxed_simd__)
alignas(16) const int16_t kOnes[8] = {1, 1, 1, 1, 1, 1, 1, 1};
#endif

const char* to_string(Isa isa) {
  switch (isa) {
    case Isa::kReference:
      return "reference";
    case Isa::kSimd128:
      return "simd128";
    case Isa::kRelaxedDot:
      return "relaxed-dot";
    case Isa::kRelaxedPair:
      return "relaxed-pair";
  }
  return "unknown";
}

std::span<const Isa> available_isas() {
  return std::span<const Isa>(kIsas).first(kHasRelaxedSimd ? 4 : 2);
}

}  // namespace edgy::kernels
