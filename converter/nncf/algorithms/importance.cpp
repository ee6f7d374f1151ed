#include "converter/nncf/algorithms/importance.h"

#include <algorithm>
#include <cmath>
#include <numeric>

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

std::vector<std::vector<uint8_t>> sparsity_mask(std::span<const std::vector<float>> layers,
                                                double sparsity) {
  struct Entry {
    float importance;
    uint32_t layer;
    uint32_t index;
  };
  std::vector<Entry> entries;
  std::vector<std::vector<uint8_t>> masks;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    masks.emplace_back(layers[l].size(), 1);
    for (std::size_t i = 0; i < layers[l].size(); ++i)
      entries.push_back({layers[l][i], static_cast<uint32_t>(l), static_cast<uint32_t>(i)});
  }
  const auto zeros = static_cast<std::size_t>(
      std::llround(std::clamp(sparsity, 0.0, 1.0) * static_cast<double>(entries.size())));
  const auto before = [](const Entry& a, const Entry& b) {
    if (a.importance != b.importance)
      return a.importance < b.importance;
    return std::pair(a.layer, a.index) < std::pair(b.layer, b.index);
  };
  if (zeros < entries.size()) {
    std::nth_element(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(zeros),
                     entries.end(), before);
  }
  for (std::size_t i = 0; i < zeros; ++i)
    masks[entries[i].layer][entries[i].index] = 0;
  return masks;
}

}  // namespace edgy::converter::nncf
