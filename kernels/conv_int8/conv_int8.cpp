#include "kernels/conv_int8/conv_int8.h"

#include <algorithm>

#include "kernels/conv_int8/dense.h"
#include "kernels/conv_int8/reference.h"
#include "kernels/sum_pairs.h"

namespace edgy::kernels {
namespace {

bool is_depthwise(const ConvShape& shape) {
  return shape.groups > 1 && shape.groups == shape.in_channels &&
         shape.groups == shape.out_channels;
}

int32_t group_blocks(const ConvShape& shape) {
  return (shape.in_channels / shape.groups + 3) / 4;
}

int32_t taps(const ConvShape& shape) {
  return shape.kernel_h * shape.kernel_w;
}

std::vector<int8_t> pack_dense(const ConvShape& shape, std::span<const int8_t> weights) {
  const int32_t channels = shape.in_channels / shape.groups;
  const std::size_t quad_bytes = std::size_t{16} * group_blocks(shape) * taps(shape);
  std::vector<int8_t> packed(quad_bytes * ((shape.out_channels + 3) / 4));
  const int8_t* weight = weights.data();
  for (int32_t o = 0; o < shape.out_channels; ++o) {
    for (int32_t tap = 0; tap < taps(shape); ++tap) {
      for (int32_t c = 0; c < channels; ++c) {
        const int32_t step = c / 4 * taps(shape) + tap;
        packed[quad_bytes * (o / 4) + std::size_t{16} * step + 4 * (o % 4) + c % 4] = *weight++;
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

ConvForms forms_of(Isa isa) {
#if !defined(__wasm__) || defined(__wasm_relaxed_simd__)
  if (isa == Isa::kRelaxedDot) {
    return conv_relaxed_dot();
  }
  if (isa == Isa::kRelaxedPair) {
    return conv_relaxed_pair();
  }
#else
  (void)isa;
#endif
  return conv_simd128();
}

}  // namespace

bool supports(const ConvShape& shape) {
  if (shape.groups < 1 || shape.in_channels % shape.groups != 0 ||
      shape.out_channels % shape.groups != 0) {
    return false;
  }
  return shape.groups == 1 || is_depthwise(shape) ||
         (shape.in_channels / shape.groups % 4 == 0 && shape.out_channels / shape.groups % 4 == 0);
}

PackedConvWeights::PackedConvWeights(const ConvShape& shape, std::span<const int8_t> weights,
                                     Isa isa, ConvBlocks blocks)
    : shape_(shape), isa_(isa) {
  if (isa == Isa::kReference) {
    data_.assign(weights.begin(), weights.end());
    return;
  }
  data_ = is_depthwise(shape) ? pack_depthwise(shape, weights) : pack_dense(shape, weights);
  if (is_depthwise(shape)) {
    return;
  }
  if (blocks == ConvBlocks::kNonZero4x4) {
    drop_zeros();
  } else if (isa == Isa::kRelaxedPair) {
    find_summable();
  }
}

void PackedConvWeights::drop_zeros() {
  const std::size_t all_steps = std::size_t{1} * group_blocks(shape_) * taps(shape_);
  const std::size_t all_blocks = data_.size() / 16;
  starts_.push_back(0);
  for (std::size_t block = 0; block < all_blocks; ++block) {
    const auto from = data_.begin() + static_cast<std::ptrdiff_t>(16 * block);
    if (std::any_of(from, from + 16, [](int8_t weight) { return weight != 0; })) {
      std::copy_n(from, 16, data_.begin() + static_cast<std::ptrdiff_t>(16 * steps_.size()));
      steps_.push_back(static_cast<int32_t>(block % all_steps));
    }
    if ((block + 1) % all_steps == 0) {
      starts_.push_back(static_cast<int32_t>(steps_.size()));
    }
  }
  data_.resize(16 * steps_.size());
  data_.shrink_to_fit();
}

void PackedConvWeights::find_summable() {
  const std::size_t steps = std::size_t{1} * group_blocks(shape_) * taps(shape_);
  for (std::size_t quad = 0; 16 * steps * quad < data_.size(); ++quad) {
    for (std::size_t first = 0; first + kSummableSteps <= steps; first += kSummableSteps) {
      bool all = true;
      for (std::size_t i = 0; i < kSummableSteps; i += 2) {
        const int8_t* block = data_.data() + 16 * (steps * quad + first + i);
        for (int channel = 0; channel < 4; ++channel) {
          all = all && is_sum_pair(block + 4 * channel, block + 16 + 4 * channel);
        }
      }
      summable_.push_back(all ? 1 : 0);
    }
  }
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

std::vector<int32_t> conv_offsets(const ConvShape& shape, const Block4& input) {
  std::vector<int32_t> offsets;
  const int32_t blocks = is_depthwise(shape) ? 1 : group_blocks(shape);
  offsets.reserve(static_cast<std::size_t>(blocks) * taps(shape) + 3);
  for (int32_t block = 0; block < blocks; ++block) {
    for (int32_t kh = 0; kh < shape.kernel_h; ++kh) {
      for (int32_t kw = 0; kw < shape.kernel_w; ++kw) {
        const int32_t column = kw * shape.dilation_w;
        const std::size_t row =
            input.block_bytes() * block + input.row_bytes() * (kh * shape.dilation_h);
        const int32_t position =
            column % input.phases * input.phase_width() + column / input.phases;
        offsets.push_back(static_cast<int32_t>(row) + 4 * position);
      }
    }
  }
  while (is_depthwise(shape) && offsets.size() % 4 != 0) {
    offsets.push_back(offsets.back());  // taps come in fours; the weights of the others are zero
  }
  return offsets;
}

std::vector<int32_t> conv_offsets(const PackedConvWeights& weights, const Block4& input) {
  std::vector<int32_t> all = conv_offsets(weights.shape(), input);
  if (weights.starts().empty()) {
    return all;
  }
  std::vector<int32_t> offsets;
  offsets.reserve(weights.steps().size());
  for (const int32_t step : weights.steps()) {
    offsets.push_back(all[step]);
  }
  return offsets;
}

void conv_int8(const PackedConvWeights& weights, std::span<const int32_t> offsets,
               const Block4& input_layout, const int8_t* input,
               const ConvQuantization& quantization, const ConvOutput& output) {
  const ConvShape& shape = weights.shape();
  if (weights.isa() == Isa::kReference) {
    conv_int8_reference(shape, weights.data(), input_layout, input, quantization, output);
    return;
  }
  const ConvForms forms = forms_of(weights.isa());
  QuadKernel kernel;
  kernel.accumulate = is_depthwise(shape) ? forms.depthwise : forms.dense;
  kernel.accumulate_column = is_depthwise(shape) ? nullptr : forms.dense_column;
  kernel.strip_vectors = kQuadStripVectors;
  kernel.weights = weights.data().data();
  kernel.offsets = offsets.data();
  kernel.steps = static_cast<int32_t>(offsets.size());
  kernel.starts = weights.starts().empty() ? nullptr : weights.starts().data();
  kernel.summable = weights.summable().empty() ? nullptr : weights.summable().data();
  kernel.out_channels = shape.out_channels;
  kernel.quads_per_group = std::max(1, (shape.out_channels / shape.groups + 3) / 4);
  kernel.blocks_per_group = group_blocks(shape);
  run_strips(shape, input_layout, input, kernel, quantization, output);
}

std::vector<int32_t> fold_zero_point(const ConvShape& shape, std::span<const int8_t> weights,
                                     std::span<const int32_t> bias, int32_t zero_point) {
  const std::size_t row = shape.out_channels == 0 ? 0 : weights.size() / shape.out_channels;
  std::vector<int32_t> folded(shape.out_channels);
  for (int32_t o = 0; o < shape.out_channels; ++o) {
    int32_t sum = 0;
    for (const int8_t weight : weights.subspan(row * o, row)) {
      sum += weight;
    }
    folded[o] = (bias.empty() ? 0 : bias[o]) - zero_point * sum;
  }
  return folded;
}

}  // namespace edgy::kernels
