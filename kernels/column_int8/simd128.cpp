#include "kernels/column_int8/panels.h"

namespace edgy::kernels {

ColumnForms column_simd128() {
  return column_forms<Simd128Form>();
}

}  // namespace edgy::kernels
