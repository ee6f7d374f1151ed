// Training data: inputs of equal shape, cut from the samples of a data set.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "converter/data/dataset.h"

namespace edgy::converter::finetune {

/// A sample that lies whole in a crop.
struct Mark {
  int64_t start = 0;  ///< along the crop
  int64_t length = 0;
  std::string sample;  ///< its name
};

/// All of a data set in memory, as crops of one shape. If the model's input has a dynamic axis
/// beside the batch (time), samples are laid end to end along it and cut into pieces of `length`;
/// what is left at the end is dropped. Else every sample is a crop. A second of speech takes 32 kB
/// as log-mel.
class Crops {
 public:
  /// Throws Error unless the model has one float32 input, and when there is less data than a crop.
  Crops(CalibrationSource& source, const format::fb::ModelT& model, int length);

  /// Takes every `interval`-th crop out of this set: to judge on, where the data names none for it.
  Crops hold_out(std::size_t interval);

  std::size_t size() const { return count_; }
  const std::vector<int64_t>& shape() const {
    return shape_;
  }  ///< of one crop, batch of 1 in front
  std::span<const float> crop(std::size_t index) const;
  /// Samples that lie whole in a crop.
  const std::vector<Mark>& marks(std::size_t index) const { return marks_[index]; }
  int64_t length() const { return length_; }  ///< of a crop, along which marks are placed

 private:
  Crops() = default;

  std::vector<int64_t> shape_;
  std::size_t count_ = 0;
  int64_t length_ = 1;
  std::vector<float> values_;  ///< [count][shape]
  std::vector<std::vector<Mark>> marks_;
};

/// A fixed shuffle of 0..count-1: the same for the same seed and epoch on every machine, so that
/// nothing has to be stored to resume.
std::vector<std::size_t> shuffled(std::size_t count, uint64_t seed, uint64_t epoch);

}  // namespace edgy::converter::finetune
