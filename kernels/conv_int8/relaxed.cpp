#include "kernels/conv_int8/dense.h"

namespace edgy::kernels {

ConvForms conv_relaxed_dot() {
  return conv_forms<RelaxedDotForm>();
}
ConvForms conv_relaxed_pair() {
  return conv_forms<RelaxedPairForm>();
}

}  // namespace edgy::kernels
