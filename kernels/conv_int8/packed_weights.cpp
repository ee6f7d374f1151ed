#include <algorithm>
#include <numeric>
#include <utility>

#include "kernels/conv_int8/conv_int8.h"
#include "kernels/conv_int8/geometry.h"
#include "kernels/conv_int8/quads.h"
#include "kernels/sum_pairs.h"

namespace edgy::kernels {
namespace {

// [panel][step][quad][4 out][4 in].
std::vector<int8_t> pack_dense(const ConvShape& shape, std::span<const int8_t> weights,
                               int32_t quads_per_panel) {
  const int32_t channels = shape.in_channels / shape.groups;
  const std::size_t steps = std::size_t{1} * group_blocks(shape) * taps(shape);
  std::vector<int8_t> packed(16 * steps * ((shape.out_channels + 3) / 4));
  const int8_t* weight = weights.data();
  for (int32_t o = 0; o < shape.out_channels; ++o) {
    const PanelPlace place(o / 4, group_quads(shape), quads_per_panel);
    int8_t* quad = packed.data() + 16 * (steps * place.first_quad + place.in_panel);
    for (int32_t tap = 0; tap < taps(shape); ++tap) {
      for (int32_t c = 0; c < channels; ++c) {
        const std::size_t step = std::size_t{1} * (c / 4) * taps(shape) + tap;
        quad[16 * step * place.quads + 4 * (o % 4) + c % 4] = *weight++;
      }
    }
  }
  return packed;
}

std::vector<int8_t> pack_depthwise(const ConvShape& shape, std::span<const int8_t> weights) {
  const int32_t steps = (taps(shape) + 3) / 4;
  std::vector<int8_t> packed(std::size_t{16} * steps * ((shape.out_channels + 3) / 4));
  for (int32_t channel = 0; channel < shape.out_channels; ++channel) {
    for (int32_t tap = 0; tap < taps(shape); ++tap) {
      packed[std::size_t{16} * (channel / 4 * steps + tap / 4) + 4 * (channel % 4) + tap % 4] =
          weights[std::size_t{1} * channel * taps(shape) + tap];
    }
  }
  return packed;
}

// The stored steps of a panel.
struct Panel {
  std::vector<int32_t> steps;
  std::vector<int8_t> values;
};

Panel stored_panel(const int8_t* weights, std::size_t step_bytes, int32_t all_steps,
                   bool only_non_zero) {
  Panel panel;
  for (int32_t step = 0; step < all_steps; ++step, weights += step_bytes) {
    if (!only_non_zero ||
        std::any_of(weights, weights + step_bytes, [](int8_t weight) { return weight != 0; })) {
      panel.steps.push_back(step);
      panel.values.insert(panel.values.end(), weights, weights + step_bytes);
    }
  }
  return panel;
}

// Where any two products may be added.
PairedOrder in_order(int32_t blocks) {
  PairedOrder order;
  order.blocks.resize(blocks);
  std::iota(order.blocks.begin(), order.blocks.end(), 0);
  order.paired = blocks / 2 * 2;
  return order;
}

}  // namespace

PackedConvWeights::PackedConvWeights(const ConvShape& shape, std::span<const int8_t> weights,
                                     Isa isa, ConvBlocks blocks)
    : shape_(shape), isa_(isa) {
  if (isa == Isa::kReference) {
    data_.assign(weights.begin(), weights.end());
    return;
  }
  if (is_depthwise(shape)) {
    data_ = pack_depthwise(shape, weights);
    return;
  }
  if (blocks == ConvBlocks::kAllForColumn) {
    quads_per_panel_ = panel_quads(isa);
  }
  data_ = pack_dense(shape, weights, quads_per_panel_);
  if (blocks != ConvBlocks::kAll) {
    list_steps(blocks == ConvBlocks::kNonZero4x4);
  }
}

void PackedConvWeights::list_steps(bool only_non_zero) {
  const std::vector<int8_t> all = std::move(data_);
  data_.clear();
  const int32_t all_quads = (shape_.out_channels + 3) / 4;
  const int32_t all_steps = group_blocks(shape_) * taps(shape_);
  starts_.push_back(0);
  for (int32_t quad = 0; quad < all_quads;) {
    const int32_t quads = PanelPlace(quad, group_quads(shape_), quads_per_panel_).quads;
    const std::size_t step_bytes = std::size_t{16} * quads;
    const Panel panel = stored_panel(all.data() + std::size_t{16} * all_steps * quad, step_bytes,
                                     all_steps, only_non_zero);
    const PairedOrder order = isa_ == Isa::kRelaxedPair
                                  ? pair_blocks(panel.values, step_bytes)
                                  : in_order(static_cast<int32_t>(panel.steps.size()));
    for (const int32_t block : order.blocks) {
      steps_.push_back(panel.steps[block]);
      const int8_t* from = panel.values.data() + step_bytes * block;
      data_.insert(data_.end(), from, from + step_bytes);
    }
    paired_steps_.push_back(order.paired);
    starts_.push_back(static_cast<int32_t>(steps_.size()));
    quad += quads;
  }
  data_.shrink_to_fit();
}

double density_4x4(const ConvShape& shape, std::span<const int8_t> weights) {
  const int32_t channels = shape.in_channels / shape.groups;
  const int32_t row = taps(shape) * channels;
  int64_t blocks = 0;
  int64_t stored = 0;
  for (int32_t o = 0; o < shape.out_channels; o += 4) {
    for (int32_t tap = 0; tap < row; tap += channels) {
      for (int32_t c = 0; c < channels; c += 4) {
        bool any = false;
        for (int32_t i = o; i < std::min(o + 4, shape.out_channels) && !any; ++i) {
          const auto four = weights.subspan(static_cast<std::size_t>(i) * row + tap + c,
                                            std::min(4, channels - c));
          any = std::any_of(four.begin(), four.end(), [](int8_t weight) { return weight != 0; });
        }
        ++blocks;
        stored += any ? 1 : 0;
      }
    }
  }
  return blocks == 0 ? 0 : static_cast<double>(stored) / static_cast<double>(blocks);
}

}  // namespace edgy::kernels
