#include "kernels/conv_int8/conv_int8.h"

#include <algorithm>

#include "kernels/conv_int8/conv_forms.h"
#include "kernels/conv_int8/geometry.h"
#include "kernels/conv_int8/reference.h"
#include "kernels/conv_int8/strip_copy.h"
#include "kernels/forms_of.h"

namespace edgy::kernels {
namespace {

StripCopy copy_of(const PackedConvWeights& weights, const Block4& input) {
  return StripCopy(weights.shape(), input, kQuadStripVectors, copied_width(weights.isa()));
}

// Whether kernels read a copy of each strip.
bool copies_strips(const PackedConvWeights& weights, const Block4& input) {
  const ConvShape& shape = weights.shape();
  const bool few_positions = input.padded_height() < span_h(shape) + shape.stride_h &&
                             input.padded_width() < span_w(shape) + 3 * shape.stride_w;
  return weights.isa() != Isa::kReference && !is_depthwise(shape) && !few_positions &&
         copy_of(weights, input).worthwhile(std::ssize(weights.data()) / 4);
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

std::vector<int32_t> conv_offsets(const ConvShape& shape, const Block4& input) {
  std::vector<int32_t> offsets;
  const int64_t blocks = is_depthwise(shape) ? 1 : group_blocks(shape);
  offsets.reserve(to_size(blocks * taps(shape) + 3));
  for (int64_t block = 0; block < blocks; ++block) {
    for (int64_t kh = 0; kh < shape.kernel_h; ++kh) {
      for (int64_t kw = 0; kw < shape.kernel_w; ++kw) {
        const int64_t row =
            input.block_bytes() * block + input.row_bytes() * (kh * shape.dilation_h);
        offsets.push_back(narrow<int32_t>(row + input.column_offset(kw * shape.dilation_w)));
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
  if (copies_strips(weights, input)) {
    const StripCopy copy = copy_of(weights, input);
    int64_t step = 0;
    for (int32_t& offset : all) {
      offset = copy.offset(step / taps(weights.shape()), step % taps(weights.shape()));
      ++step;
    }
  }
  if (weights.starts().empty()) {
    return all;
  }
  std::vector<int32_t> offsets;
  offsets.reserve(weights.steps().size());
  for (const int32_t step : weights.steps()) {
    offsets.push_back(all.data()[step]);
  }
  return offsets;
}

void conv_int8(const PackedConvWeights& weights, std::span<const int32_t> offsets,
               const Block4& input_layout, const int8_t* input,
               const ConvQuantization& quantization, const ConvOutput& output,
               const Threads& threads) {
  const ConvShape& shape = weights.shape();
  if (weights.isa() == Isa::kReference) {
    conv_int8_reference(shape, weights.data(), input_layout, input, quantization, output);
    return;
  }
  const ConvForms forms =
      forms_of<conv_simd128, conv_relaxed_dot, conv_relaxed_pair>(weights.isa());
  if (is_depthwise(shape)) {
    run_depthwise(weights, offsets, forms.depthwise, input_layout, input, quantization, output);
    return;
  }
  QuadKernel kernel;
  const StripCopy copy = copy_of(weights, input_layout);
  const bool copied = copies_strips(weights, input_layout);
  kernel.copy = copied ? &copy : nullptr;
  kernel.accumulate = copied && weights.isa() == Isa::kSimd128 ? forms.dense_copied : forms.dense;
  if (weights.starts().empty()) {
    kernel.accumulate_two = forms.dense_two;
    kernel.accumulate_column = copied ? nullptr : forms.dense_column;
  }
  kernel.strip_vectors = kQuadStripVectors;
  kernel.weights = weights.data().data();
  kernel.offsets = offsets.data();
  kernel.steps = narrow<int32_t>(offsets.size());
  kernel.starts = weights.starts().empty() ? nullptr : weights.starts().data();
  kernel.out_channels = shape.out_channels;
  kernel.quads_per_group = group_quads(shape);
  kernel.blocks_per_group = group_blocks(shape);
  run_strips(shape, input_layout, input, kernel, quantization, output, threads);
}

std::vector<int32_t> fold_zero_point(const ConvShape& shape, std::span<const int8_t> weights,
                                     std::span<const int32_t> bias, int32_t zero_point) {
  std::vector<int32_t> folded(to_size(shape.out_channels));
  const std::size_t row = folded.empty() ? 0 : weights.size() / folded.size();
  for (std::size_t o = 0; o < folded.size(); ++o) {
    int32_t sum = 0;
    for (const int8_t weight : weights.subspan(row * o, row)) {
      sum += weight;
    }
    folded[o] = (bias.empty() ? 0 : bias[o]) - zero_point * sum;
  }
  return folded;
}

}  // namespace edgy::kernels
