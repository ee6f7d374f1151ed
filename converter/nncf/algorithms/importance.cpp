#include "converter/nncf/algorithms/importance.h"

#include <cmath>

namespace edgy::converter::nncf {

std::vector<float> weight_importance(std::span<const float> weights, WeightImportance importance) {
  double norm = 1;
  if (importance == WeightImportance::kNormedAbs) {
    double power = 0;
    for (const float w : weights)
      power += double{w} * w;
    norm = power > 0 ? std::sqrt(power) : 1;
  }
  std::vector<float> result;
  result.reserve(weights.size());
  for (const float w : weights)
    result.push_back(static_cast<float>(std::fabs(w) / norm));
  return result;
}

}  // namespace edgy::converter::nncf
