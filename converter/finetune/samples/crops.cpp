#include "converter/finetune/samples/crops.h"

#include <algorithm>
#include <numeric>

#include "converter/error.h"

namespace edgy::converter::finetune {
namespace {

/// The dynamic axis beside the batch, or -1.
int dynamic_axis(const format::fb::TensorT& input) {
  for (std::size_t axis = 1; axis < input.shape.size(); ++axis) {
    if (input.shape[axis] < 0)
      return static_cast<int>(axis);
  }
  return -1;
}

/// Next number of SplitMix64 (Steele et al., "Fast splittable pseudorandom number generators").
uint64_t next_random(uint64_t& state) {
  uint64_t z = state += 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

}  // namespace

Crops::Crops(CalibrationSource& source, const format::fb::ModelT& model, int length) {
  if (model.inputs.size() != 1)
    throw Error("fine-tuning takes models with one input; this one has " +
                std::to_string(model.inputs.size()));
  const auto& input = *model.tensors[static_cast<std::size_t>(model.inputs[0])];
  if (input.type != DataType::F32)
    throw Error("the input '" + input.name + "' must be float32 to fine-tune the model");
  const int axis = dynamic_axis(input);
  std::size_t rows = 1;                    // what lies before the dynamic axis
  std::size_t inner = 1;                   // and behind it
  std::vector<std::vector<float>> joined;  // [rows][all positions][inner]
  std::vector<Mark> samples;               // along all positions
  for (std::size_t i = 0; i < source.size(); ++i) {
    const Sample sample = source.sample(i);
    const Tensor& x = sample.inputs[0];
    const auto values = x.values<float>();
    if (axis < 0) {
      shape_ = x.shape;
      values_.insert(values_.end(), values.begin(), values.end());
      marks_.push_back({{0, 1, sample.name}});
      ++count_;
      continue;
    }
    const auto position = static_cast<std::size_t>(axis);
    shape_ = x.shape;
    rows = inner = 1;
    for (std::size_t k = 0; k < shape_.size(); ++k)
      (k < position   ? rows
       : k > position ? inner
                      : rows) *= k == position ? 1 : static_cast<std::size_t>(shape_[k]);
    joined.resize(rows);
    const std::size_t run = static_cast<std::size_t>(shape_[position]) * inner;
    const int64_t start = samples.empty() ? 0 : samples.back().start + samples.back().length;
    samples.push_back({start, shape_[position], sample.name});
    for (std::size_t r = 0; r < rows; ++r)
      joined[r].insert(joined[r].end(), values.begin() + static_cast<std::ptrdiff_t>(r * run),
                       values.begin() + static_cast<std::ptrdiff_t>((r + 1) * run));
  }
  if (axis >= 0 && !joined.empty()) {
    const auto position = static_cast<std::size_t>(axis);
    shape_[position] = length;
    length_ = length;
    const std::size_t run = static_cast<std::size_t>(length) * inner;
    count_ = joined[0].size() / run;
    values_.reserve(count_ * rows * run);
    marks_.resize(count_);
    for (const Mark& mark : samples) {
      const auto index = static_cast<std::size_t>(mark.start / length);
      if (index < count_ && (mark.start + mark.length - 1) / length == mark.start / length)
        marks_[index].push_back({mark.start % length, mark.length, mark.sample});
    }
    for (std::size_t i = 0; i < count_; ++i) {
      for (const std::vector<float>& row : joined)
        values_.insert(values_.end(), row.begin() + static_cast<std::ptrdiff_t>(i * run),
                       row.begin() + static_cast<std::ptrdiff_t>((i + 1) * run));
    }
  }
  if (count_ == 0)
    throw Error("there is not enough data for one crop of " + std::to_string(length) + " in " +
                source.description() + "; give more data or a smaller --crop");
}

Crops Crops::hold_out(std::size_t interval) {
  Crops held;
  held.shape_ = shape_;
  held.length_ = length_;
  std::vector<float> kept;
  std::vector<std::vector<Mark>> kept_marks;
  for (std::size_t i = 0; i < count_; ++i) {
    const auto values = crop(i);
    const bool out = i % interval == interval - 1;
    held.count_ += out ? 1 : 0;
    std::vector<float>& target = out ? held.values_ : kept;
    target.insert(target.end(), values.begin(), values.end());
    (out ? held.marks_ : kept_marks).push_back(std::move(marks_[i]));
  }
  values_ = std::move(kept);
  marks_ = std::move(kept_marks);
  count_ -= held.count_;
  return held;
}

std::span<const float> Crops::crop(std::size_t index) const {
  const std::size_t elements = values_.size() / count_;
  return {values_.data() + index * elements, elements};
}

std::vector<std::size_t> shuffled(std::size_t count, uint64_t seed, uint64_t epoch) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  uint64_t state = seed * 0xD1342543DE82EF95U + epoch;
  for (std::size_t i = count; i > 1; --i)
    std::swap(order[i - 1], order[next_random(state) % i]);
  return order;
}

}  // namespace edgy::converter::finetune
