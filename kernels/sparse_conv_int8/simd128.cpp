#include "kernels/sparse_conv_int8/single_rows.h"
#include "kernels/sparse_conv_int8/single_tile.h"
#include "kernels/sparse_conv_int8/sparse.h"

namespace edgy::kernels {

SparseForms sparse_simd128() {
  return sparse_forms<BlockTile<Simd128Form>>();
}
SparseForms single_simd128() {
  return sparse_forms<SingleTile<WideProducts>>();
}
SparseForms sparse_wide() {
  return sparse_forms<BlockTile<WideForm>>();
}

}  // namespace edgy::kernels
