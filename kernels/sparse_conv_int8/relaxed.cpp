#include "kernels/sparse_conv_int8/single_rows.h"
#include "kernels/sparse_conv_int8/single_tile.h"
#include "kernels/sparse_conv_int8/sparse.h"

namespace edgy::kernels {

SparseForms sparse_relaxed_dot() {
  return sparse_forms<BlockTile<RelaxedDotForm>>();
}
SparseForms single_relaxed() {
  return sparse_forms<SingleTile<RelaxedProducts>>();
}
SparseForms sparse_relaxed_pair() {
  return sparse_forms<BlockTile<RelaxedPairForm>>();
}

}  // namespace edgy::kernels
