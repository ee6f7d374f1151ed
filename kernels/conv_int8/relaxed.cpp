#include "kernels/conv_int8/conv_forms.h"
#include "kernels/conv_int8/dense_two.h"

namespace edgy::kernels {

ConvForms conv_relaxed_dot() {
  ConvForms forms = conv_forms<RelaxedDotForm>();
  forms.dense_two = accumulate_two_quads<RelaxedDotForm>;
  return forms;
}
ConvForms conv_relaxed_pair() {
  return conv_forms<RelaxedPairForm>();
}

}  // namespace edgy::kernels
