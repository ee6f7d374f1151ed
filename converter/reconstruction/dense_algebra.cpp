#include "converter/reconstruction/dense_algebra.h"

namespace edgy::converter {

extern const DenseAlgebra kPortableAlgebra;
#ifdef EDGY_ALGEBRA_AVX2
extern const DenseAlgebra kAvx2Algebra;
#endif

const DenseAlgebra& dense_algebra() {
#ifdef EDGY_ALGEBRA_AVX2
  static const bool modern = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (modern)
    return kAvx2Algebra;
#endif
  return kPortableAlgebra;
}

}  // namespace edgy::converter
