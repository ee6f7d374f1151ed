#include "converter/reconstruction/spliced_samples.h"

#include <algorithm>
#include <random>

namespace edgy::converter {
namespace {

/// Shorter axes are not cut.
constexpr int64_t kLeastExtent = 8;

/// The longest axis after the first; of an input of one axis that one.
std::size_t cut_axis(const std::vector<int64_t>& shape) {
  const auto first = shape.begin() + (shape.size() > 1 ? 1 : 0);
  return static_cast<std::size_t>(std::max_element(first, shape.end()) - shape.begin());
}

bool fit_together(const Tensor& a, const Tensor& b, std::size_t axis) {
  if (a.type != b.type || a.shape.size() != b.shape.size())
    return false;
  for (std::size_t i = 0; i < a.shape.size(); ++i) {
    if (i != axis && a.shape[i] != b.shape[i])
      return false;
  }
  return std::min(a.shape[axis], b.shape[axis]) >= kLeastExtent;
}

/// The first `cut` of `axis` from `a`, the rest from `b`, whose shape it has.
Tensor spliced(const Tensor& a, Tensor b, std::size_t axis, int64_t cut) {
  std::size_t outer = 1;
  for (std::size_t i = 0; i < axis; ++i)
    outer *= static_cast<std::size_t>(a.shape[i]);
  const std::size_t a_bytes = a.data.size() / outer;
  const std::size_t b_bytes = b.data.size() / outer;
  const std::size_t bytes =
      a_bytes / static_cast<std::size_t>(a.shape[axis]) * static_cast<std::size_t>(cut);
  for (std::size_t i = 0; i < outer; ++i)
    std::copy_n(&a.data[i * a_bytes], bytes, &b.data[i * b_bytes]);
  return b;
}

}  // namespace

std::vector<Sample> SplicedSamples::sample(std::size_t index) const {
  if (samples_.size() < 2)
    return {};
  // Every sample begins as many others; what comes behind and where is drawn.
  std::mt19937_64 random(index + 1);
  const std::size_t first = index % samples_.size();
  const std::size_t second = (first + 1 + random() % (samples_.size() - 1)) % samples_.size();
  const Sample& a = samples_[first];
  const Sample& b = samples_[second];
  if (a.inputs.size() != 1 || a.inputs[0].shape.empty() || a.inputs[0].elements() == 0 ||
      b.inputs[0].elements() == 0) {
    return {};
  }
  const std::size_t axis = cut_axis(a.inputs[0].shape);
  if (!fit_together(a.inputs[0], b.inputs[0], axis))
    return {};
  const int64_t extent = std::min(a.inputs[0].shape[axis], b.inputs[0].shape[axis]);
  const int64_t margin = extent / kLeastExtent;
  const int64_t cut =
      margin + static_cast<int64_t>(random() % static_cast<uint64_t>(extent - 2 * margin + 1));
  return {{a.name + " and " + b.name, {spliced(a.inputs[0], b.inputs[0], axis, cut)}}};
}

}  // namespace edgy::converter
