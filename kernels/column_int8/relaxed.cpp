#include "kernels/column_int8/panels.h"

namespace edgy::kernels {

ColumnForms column_relaxed_dot() {
  return column_forms<RelaxedDotForm>();
}
ColumnForms column_relaxed_pair() {
  return column_forms<RelaxedPairForm>();
}

}  // namespace edgy::kernels
