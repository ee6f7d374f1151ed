#include <algorithm>
#include <utility>

#include "kernels/conv_int8/conv_int8.h"
#include "kernels/conv_int8/depthwise.h"
#include "kernels/conv_int8/geometry.h"
#include "kernels/conv_int8/pack_quads.h"

namespace edgy::kernels {
namespace {

std::vector<int8_t> pack_depthwise(const ConvShape& shape, std::span<const int8_t> weights,
                                   Isa isa) {
  const int64_t step_taps = depthwise_step_taps(isa);
  const int64_t steps = divide_up(taps(shape), step_taps);
  std::vector<int8_t> packed(to_size(4 * step_taps * steps * divide_up(shape.out_channels, 4)));
  const int8_t* weight = weights.data();
  for (int64_t channel = 0; channel < shape.out_channels; ++channel) {
    for (int64_t tap = 0; tap < taps(shape); ++tap) {
      const int64_t step = channel / 4 * steps + tap / step_taps;
      packed.data()[step_taps * (4 * step + channel % 4) + tap % step_taps] = *weight++;
    }
  }
  return packed;
}

}  // namespace

std::vector<int8_t> pack_quads(const ConvShape& shape, std::span<const int8_t> weights) {
  const int64_t channels = shape.in_channels / shape.groups;
  const int64_t steps = group_blocks(shape) * taps(shape);
  std::vector<int8_t> packed(to_size(16 * steps * divide_up(shape.out_channels, 4)));
  const int8_t* weight = weights.data();
  for (int64_t o = 0; o < shape.out_channels; ++o) {
    int8_t* quad = packed.data() + 16 * steps * (o / 4);
    for (int64_t tap = 0; tap < taps(shape); ++tap) {
      for (int64_t c = 0; c < channels; ++c) {
        const int64_t step = c / 4 * taps(shape) + tap;
        quad[16 * step + 4 * (o % 4) + c % 4] = *weight++;
      }
    }
  }
  return packed;
}

PackedConvWeights::PackedConvWeights(const ConvShape& shape, std::span<const int8_t> weights,
                                     Isa isa, ConvBlocks blocks)
    : shape_(shape), isa_(isa) {
  if (isa == Isa::kReference) {
    data_.assign(weights.begin(), weights.end());
    return;
  }
  if (is_depthwise(shape)) {
    data_ = pack_depthwise(shape, weights, isa);
    return;
  }
  data_ = pack_quads(shape, weights);
  if (blocks == ConvBlocks::kNonZero4x4) {
    keep_non_zero();
  }
}

void PackedConvWeights::keep_non_zero() {
  const std::vector<int8_t> all = std::move(data_);
  data_.clear();
  const auto all_steps = narrow<int32_t>(group_blocks(shape_) * taps(shape_));
  starts_.push_back(0);
  for (auto block = all.begin(); block != all.end();) {
    for (int32_t step = 0; step < all_steps; ++step, block += 16) {
      if (std::any_of(block, block + 16, [](int8_t weight) { return weight != 0; })) {
        steps_.push_back(step);
        data_.insert(data_.end(), block, block + 16);
      }
    }
    starts_.push_back(narrow<int32_t>(steps_.size()));
  }
  data_.shrink_to_fit();
}

double density_4x4(const ConvShape& shape, std::span<const int8_t> weights) {
  const int64_t channels = shape.in_channels / shape.groups;
  const int64_t row = taps(shape) * channels;
  int64_t blocks = 0;
  int64_t stored = 0;
  for (int64_t o = 0; o < shape.out_channels; o += 4) {
    for (int64_t tap = 0; tap < row; tap += channels) {
      for (int64_t c = 0; c < channels; c += 4) {
        bool any = false;
        for (int64_t i = o; i < std::min(o + 4, shape.out_channels) && !any; ++i) {
          const int8_t* four = weights.data() + i * row + tap + c;
          any = std::any_of(four, four + std::min<int64_t>(4, channels - c),
                            [](int8_t weight) { return weight != 0; });
        }
        ++blocks;
        stored += any ? 1 : 0;
      }
    }
  }
  return blocks == 0 ? 0 : static_cast<double>(stored) / static_cast<double>(blocks);
}

}  // namespace edgy::kernels
