// From an instruction form to a kernel's functions for it.
#pragma once

#include "kernels/isa.h"
#include "kernels/simd.h"

namespace edgy::kernels {

/// What the function of `isa` gives: a kernel's functions as it was compiled for that form. The
/// relaxed ones are declared in every build and defined where there is relaxed SIMD.
template <auto Simd128, auto RelaxedDot, auto RelaxedPair>
auto forms_of(Isa isa) {
  if constexpr (kHasRelaxedSimd) {
    if (isa == Isa::kRelaxedDot) {
      return RelaxedDot();
    }
    if (isa == Isa::kRelaxedPair) {
      return RelaxedPair();
    }
  }
  return Simd128();
}

}  // namespace edgy::kernels
