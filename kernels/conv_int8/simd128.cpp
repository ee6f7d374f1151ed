#include "kernels/conv_int8/dense.h"

namespace edgy::kernels {

ConvForms conv_simd128() {
  return conv_forms<Simd128Form>();
}

}  // namespace edgy::kernels
