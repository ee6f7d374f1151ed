#include "kernels/conv_int8/conv_forms.h"

namespace edgy::kernels {

ConvForms conv_simd128() {
  return conv_forms<Simd128Form>();
}

}  // namespace edgy::kernels
