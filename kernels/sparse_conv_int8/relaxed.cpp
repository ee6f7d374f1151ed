#include "kernels/sparse_conv_int8/sparse.h"

namespace edgy::kernels {

SparseForms sparse_relaxed_dot() {
  return sparse_forms<RelaxedDotForm>();
}
SparseForms sparse_relaxed_pair() {
  return sparse_forms<RelaxedPairForm>();
}

}  // namespace edgy::kernels
