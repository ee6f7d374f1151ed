// More samples than there are: new ones made of the parts of others.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "converter/data/dataset.h"

namespace edgy::converter {

/// Samples that begin as one sample and end as another, cut at a place along the longest axis after
/// the first: the beginning of one word and the end of another, the left of one picture and the
/// right of another. Most of what a layer sees in them is as real as in the originals, and the
/// float model says what it should give. Only models with one input have them.
class SplicedSamples {
 public:
  /// `samples`, which outlive this object, are what parts come from.
  explicit SplicedSamples(std::span<const Sample> samples) : samples_(samples) {}

  /// Number `index` of as many as are wanted, always the same one; nothing where the two samples
  /// that it would be made of do not fit together.
  std::vector<Sample> sample(std::size_t index) const;

 private:
  std::span<const Sample> samples_;
};

}  // namespace edgy::converter
