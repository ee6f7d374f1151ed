// Numbers that lie on a grid because the source model has them as small integers.
#pragma once

#include <cstdint>
#include <vector>

namespace edgy::converter::graph {

/// value = scale * (q - zero_point) with a signed byte q in qmin .. qmax. Unsigned bytes are
/// shifted by 128, q and zero point alike, so real values stay.
struct Grid {
  std::vector<float> scale;         ///< one, or one for each index along `axis`; all above 0
  std::vector<int32_t> zero_point;  ///< as many
  int axis = -1;                    ///< -1: one grid for the whole tensor
  int bits = 8;
  int32_t qmin = -128;
  int32_t qmax = 127;
};

}  // namespace edgy::converter::graph
