#include "kernels/conv_int8/conv_forms.h"
#include "kernels/conv_int8/dense_wide.h"

namespace edgy::kernels {

ConvForms conv_simd128() {
  ConvForms forms = conv_forms<Simd128Form>();
  forms.dense_copied = accumulate_dense_wide;
  return forms;
}

}  // namespace edgy::kernels
