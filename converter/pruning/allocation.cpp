#include "converter/pruning/allocation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "converter/error.h"

namespace edgy::converter {
namespace {

/// A piece of a convex curve: `weights` go at `slope` damage a weight.
struct Segment {
  std::size_t layer;
  double weights;
  double slope;
};

/// Pieces of the lower convex hull of a curve, slopes ascending.
std::vector<Segment> hull(std::size_t layer, const DamageCurve& curve, double weights) {
  std::vector<std::size_t> corners;
  const auto slope = [&](std::size_t a, std::size_t b) {
    return (curve.damage[b] - curve.damage[a]) / (curve.sparsity[b] - curve.sparsity[a]);
  };
  for (std::size_t i = 0; i < curve.sparsity.size(); ++i) {
    while (corners.size() > 1 &&
           slope(corners[corners.size() - 2], corners.back()) >= slope(corners.back(), i)) {
      corners.pop_back();
    }
    corners.push_back(i);
  }
  std::vector<Segment> segments;
  for (std::size_t i = 1; i < corners.size(); ++i) {
    const double width = curve.sparsity[corners[i]] - curve.sparsity[corners[i - 1]];
    segments.push_back({layer, width * weights, slope(corners[i - 1], corners[i]) / weights});
  }
  return segments;
}

}  // namespace

std::vector<double> allocate_by_damage(const std::vector<DamageCurve>& curves,
                                       std::span<const int64_t> weights, double sparsity) {
  std::vector<double> gone(curves.size());
  std::vector<Segment> segments;
  double total = 0;
  double left = 0;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const auto count = static_cast<double>(weights[i]);
    gone[i] = curves[i].sparsity.front() * count;
    total += count;
    left -= gone[i];
    const std::vector<Segment> pieces = hull(i, curves[i], count);
    segments.insert(segments.end(), pieces.begin(), pieces.end());
  }
  left += sparsity * total;
  std::stable_sort(segments.begin(), segments.end(),
                   [](const Segment& a, const Segment& b) { return a.slope < b.slope; });
  for (const Segment& segment : segments) {
    const double taken = std::clamp(left, 0.0, segment.weights);
    gone[segment.layer] += taken;
    left -= taken;
  }
  if (std::fabs(left) > 1e-6 * total) {
    throw Error("pruning: a sparsity of " + std::to_string(sparsity) +
                " is out of reach; the layers allow at most " +
                std::to_string(sparsity - left / total));
  }
  for (std::size_t i = 0; i < gone.size(); ++i)
    gone[i] /= std::max<double>(1, static_cast<double>(weights[i]));
  return gone;
}

std::vector<double> allocate_by_threshold(const std::vector<std::vector<double>>& energies,
                                          std::span<const int64_t> weights, double sparsity) {
  struct Block {
    double energy;
    std::size_t layer;
  };
  std::vector<Block> blocks;
  double total = 0;
  for (std::size_t i = 0; i < energies.size(); ++i) {
    const double mean = std::accumulate(energies[i].begin(), energies[i].end(), 0.0) /
                        static_cast<double>(std::max<std::size_t>(1, energies[i].size()));
    for (const double energy : energies[i])
      blocks.push_back({mean > 0 ? energy / mean : 0, i});
    total += static_cast<double>(weights[i]);
  }
  std::stable_sort(blocks.begin(), blocks.end(),
                   [](const Block& a, const Block& b) { return a.energy < b.energy; });
  std::vector<double> gone(energies.size());
  double left = sparsity * total;
  for (const Block& block : blocks) {
    if (left <= 0)
      break;
    const double size = static_cast<double>(weights[block.layer]) /
                        static_cast<double>(energies[block.layer].size());
    gone[block.layer] += std::min(size, left);
    left -= size;
  }
  for (std::size_t i = 0; i < gone.size(); ++i)
    gone[i] /= std::max<double>(1, static_cast<double>(weights[i]));
  return gone;
}

}  // namespace edgy::converter
