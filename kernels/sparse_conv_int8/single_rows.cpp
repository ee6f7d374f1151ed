#include "kernels/sparse_conv_int8/single_rows.h"

#include <list>

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

BlockList single_row(const ConvShape& shape, std::span<const int8_t> weights, int32_t o, Isa isa,
                     std::size_t& stored) {
  const int32_t channels = shape.in_channels / shape.groups;
  const int32_t taps = shape.kernel_h * shape.kernel_w;
  const bool limited = isa == Isa::kRelaxedDot || isa == Isa::kRelaxedPair;
  const auto own = weights.subspan(static_cast<std::size_t>(o) * taps * channels,
                                   static_cast<std::size_t>(taps) * channels);
  BlockList row;
  row.block_bytes = 1;
  std::list<Four> open;  // first fit: hardly more than one, as most weights are small
  for (int32_t channel = 0; channel < channels; ++channel) {
    for (int32_t tap = 0; tap < taps; ++tap) {
      const int8_t weight = own[static_cast<std::size_t>(tap) * channels + channel];
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
      four->push(channel * taps + tap, weight);
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
