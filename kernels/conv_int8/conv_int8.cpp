#include "kernels/conv_int8/conv_int8.h"

#include <algorithm>

#include "kernels/conv_int8/dense.h"
#include "kernels/conv_int8/reference.h"

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
                                     Isa isa)
    : shape_(shape), isa_(isa) {
  if (isa == Isa::kReference) {
    data_.assign(weights.begin(), weights.end());
  } else {
    data_ = is_depthwise(shape) ? pack_depthwise(shape, weights) : pack_dense(shape, weights);
  }
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

void conv_int8(const PackedConvWeights& weights, std::span<const int32_t> offsets,
               const Block4& input_layout, const int8_t* input,
               const ConvQuantization& quantization, const ConvOutput& output) {
  const ConvShape& shape = weights.shape();
  if (weights.isa() == Isa::kReference) {
    conv_int8_reference(shape, weights.data(), input_layout, input, quantization, output);
    return;
  }
  const ConvForms forms = forms_of(weights.isa());
  QuadKernel kernel = {};
  kernel.accumulate = is_depthwise(shape) ? forms.depthwise : forms.dense;
  kernel.accumulate_column = is_depthwise(shape) ? nullptr : forms.dense_column;
  kernel.strip_vectors = kStripVectors;
  kernel.weights = weights.data().data();
  kernel.offsets = offsets.data();
  kernel.steps = static_cast<int32_t>(offsets.size());
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
