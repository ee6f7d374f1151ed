#include <cmath>

#include "converter/pruning/filter_pruning.h"

namespace edgy::converter {

std::vector<double> filter_importance(const std::vector<float>& weights, std::size_t filters,
                                      FilterImportance importance) {
  std::vector<double> result(filters);
  const std::size_t size = filters ? weights.size() / filters : 0;
  for (std::size_t i = 0; i < filters; ++i) {
    const float* row = &weights[i * size];
    if (importance == FilterImportance::kL1) {
      for (std::size_t k = 0; k < size; ++k)
        result[i] += std::fabs(row[k]);
    } else if (importance == FilterImportance::kL2) {
      for (std::size_t k = 0; k < size; ++k)
        result[i] += double{row[k]} * row[k];
      result[i] = std::sqrt(result[i]);
    } else {
      for (std::size_t j = 0; j < i; ++j) {
        double sum = 0;
        for (std::size_t k = 0; k < size; ++k) {
          const double difference = double{row[k]} - weights[j * size + k];
          sum += difference * difference;
        }
        result[i] += std::sqrt(sum);
        result[j] += std::sqrt(sum);
      }
    }
  }
  return result;
}

}  // namespace edgy::converter
