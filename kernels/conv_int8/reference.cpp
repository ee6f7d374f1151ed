#include "kernels/conv_int8/reference.h"

#include <algorithm>
#include <cstddef>

#include "kernels/requantize.h"

namespace edgy::kernels {
namespace {

int32_t sum_at(const ConvShape& shape, const int8_t* weights, const Block4& layout,
               const int8_t* input, int64_t o, int64_t y, int64_t x) {
  const int64_t group_channels = shape.in_channels / shape.groups;
  const int64_t group = o / (shape.out_channels / shape.groups);
  const int8_t* weight = weights + o * shape.kernel_h * shape.kernel_w * group_channels;
  int32_t sum = 0;
  for (int64_t kh = 0; kh < shape.kernel_h; ++kh) {
    for (int64_t kw = 0; kw < shape.kernel_w; ++kw) {
      const int64_t in_y = y * shape.stride_h + kh * shape.dilation_h - layout.pad_top;
      const int64_t in_x = x * shape.stride_w + kw * shape.dilation_w - layout.pad_left;
      for (int64_t c = 0; c < group_channels; ++c, ++weight) {
        const int64_t channel = group * group_channels + c;
        sum += int32_t{*weight} * input[layout.offset(channel / 4, in_y, in_x) + channel % 4];
      }
    }
  }
  return sum;
}

}  // namespace

void store_reference(const ConvQuantization& quantization, const ConvOutput& output, int64_t o,
                     int64_t y, int64_t x, int32_t sum) {
  const Block4& layout = output.layout;
  const int64_t row_index = (y * layout.width + x) * layout.channels + o;
  const float scale = quantization.scale.data()[o];
  if (output.kind == ConvOutput::Kind::kRowsFloat) {
    const float value = static_cast<float>(sum) * scale;
    static_cast<float*>(output.data)[row_index] =
        std::min(std::max(value, quantization.float_min), quantization.float_max);
    return;
  }
  const int64_t index =
      output.kind == ConvOutput::Kind::kRowsInt8 ? row_index : layout.offset(o / 4, y, x) + o % 4;
  static_cast<int8_t*>(output.data)[index] =
      requantize(sum, scale, quantization.zero_point, quantization.qmin, quantization.qmax);
}

void conv_int8_reference(const ConvShape& shape, std::span<const int8_t> weights,
                         const Block4& input_layout, const int8_t* input,
                         const ConvQuantization& quantization, const ConvOutput& output) {
  for (int64_t o = 0; o < shape.out_channels; ++o) {
    for (int64_t y = 0; y < output.layout.height; ++y) {
      for (int64_t x = 0; x < output.layout.width; ++x) {
        const int32_t sum = quantization.bias.data()[o] +
                            sum_at(shape, weights.data(), input_layout, input, o, y, x);
        store_reference(quantization, output, o, y, x, sum);
      }
    }
  }
}

}  // namespace edgy::kernels
