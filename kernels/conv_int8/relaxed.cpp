#include "kernels/conv_int8/conv_forms.h"

namespace edgy::kernels {

ConvForms conv_relaxed_dot() {
  return conv_forms<RelaxedDotForm>();
}
ConvForms conv_relaxed_pair() {
  return conv_forms<RelaxedPairForm>();
}

}  // namespace edgy::kernels
