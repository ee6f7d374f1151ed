#include "kernels/conv_cost/kernel_forms.h"

#include <iterator>

#include "kernels/simd.h"

namespace edgy::kernels {
namespace {

using enum Isa;

// Of saturating pairs, then of exact dots.
constexpr Isa kForms[][kConvKernelKinds] = {
#include "kernels/conv_cost/kernel_forms_table.inc"
};
static_assert(std::size(kForms) == 2);

}  // namespace

Isa fastest_form(ConvKernelKind kernel, DotClass dot_class) {
  if (dot_class == DotClass::kNone || !kHasRelaxedSimd) {
    return kSimd128;
  }
  // Arm without dot products has no figures of its own. There a dot takes four instructions and a
  // pair five and a half.
  const bool pairs = dot_class == DotClass::kSaturatingPairs;
  return kForms[pairs ? 0 : 1][static_cast<int>(kernel)];
}

}  // namespace edgy::kernels
