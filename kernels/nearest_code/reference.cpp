#include <limits>

#include "kernels/nearest_code/nearest_code.h"

namespace edgy::kernels {

void nearest_code_reference(std::span<const float> z, std::span<const float> codebook,
                            std::span<const float> half_norm, std::span<int64_t> indices) {
  const std::size_t dimensions = codebook.size() / half_norm.size();
  for (std::size_t row = 0; row < indices.size(); ++row) {
    float best = std::numeric_limits<float>::infinity();
    indices[row] = 0;
    for (std::size_t k = 0; k < half_norm.size(); ++k) {
      float dot = 0;
      for (std::size_t d = 0; d < dimensions; ++d) {
        dot += z[row * dimensions + d] * codebook[k * dimensions + d];
      }
      const float score = half_norm[k] - dot;
      if (score < best) {
        best = score;
        indices[row] = static_cast<int64_t>(k);
      }
    }
  }
}

std::vector<float> half_squared_norms(std::span<const float> codebook, std::size_t codes) {
  const std::size_t dimensions = codes == 0 ? 0 : codebook.size() / codes;
  std::vector<float> norms(codes);
  for (std::size_t k = 0; k < codes; ++k) {
    double sum = 0;
    for (std::size_t d = 0; d < dimensions; ++d) {
      const double value = codebook[k * dimensions + d];
      sum += value * value;
    }
    norms[k] = static_cast<float>(sum / 2);
  }
  return norms;
}

}  // namespace edgy::kernels
