#include "kernels/sparse_conv_int8/sparse.h"

namespace edgy::kernels {

SparseForms sparse_simd128() {
  return sparse_forms<Simd128Form>();
}
SparseForms sparse_wide() {
  return sparse_forms<WideForm>();
}

}  // namespace edgy::kernels
