#include "kernels/sparse_conv_int8/single_rows.h"

#include <list>

#include "kernels/conv_int8/geometry.h"

namespace edgy::kernels {
namespace {

constexpr int32_t kMostSum = 258;  // floor(32767 / 127)

struct Four {
  int32_t positive = 0;
  int32_t negative = 0;
  std::size_t count = 0;
  int32_t steps[kSinglesAtATime] = {};
  int8_t values[kSinglesAtATime] = {};

  bool takes(int8_t weight, bool limited) const {
    const int32_t sum = weight > 0 ? positive + weight : -negative - weight;
    return !limited || sum <= kMostSum;
  }
  void push(int32_t step, int8_t weight) {
    (weight > 0 ? positive : negative) += weight;
    steps[count] = step;
    values[count] = weight;
    ++count;
  }
};

void append(const Four& four, BlockList& row) {
  for (std::size_t i = 0; i < kSinglesAtATime; ++i) {
    const bool exists = i < four.count;
    row.push(four.steps[exists ? i : 0], four.values + i);  // zero where none exists
  }
}

}  // namespace

BlockList single_row(const ConvShape& shape, std::span<const int8_t> weights, int64_t o, Isa isa,
                     std::size_t& stored) {
  const int64_t channels = shape.in_channels / shape.groups;
  const int64_t row_taps = taps(shape);
  const bool limited = isa == Isa::kRelaxedDot || isa == Isa::kRelaxedPair;
  const int8_t* own = weights.data() + o * row_taps * channels;
  BlockList row;
  row.block_bytes = 1;
  std::list<Four> open;  // first fit: hardly more than one, as most weights are small
  for (int64_t channel = 0; channel < channels; ++channel) {
    for (int64_t tap = 0; tap < row_taps; ++tap) {
      const int8_t weight = own[tap * channels + channel];
      if (weight == 0) {
        continue;
      }
      ++stored;
      auto four = open.begin();
      while (four != open.end() && !four->takes(weight, limited)) {
        ++four;
      }
      if (four == open.end()) {
        four = open.insert(open.end(), Four{});
      }
      four->push(narrow<int32_t>(channel * row_taps + tap), weight);
      if (four->count == kSinglesAtATime) {
        append(*four, row);
        open.erase(four);
      }
    }
  }
  for (const Four& four : open) {
    append(four, row);
  }
  return row;
}

}  // namespace edgy::kernels
