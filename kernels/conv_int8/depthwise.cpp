#include "kernels/conv_int8/depthwise.h"

#include <algorithm>
#include <span>

#include "kernels/conv_int8/geometry.h"

namespace edgy::kernels {
namespace {

// Positions that are computed before they are stored where they do not lie as they are computed.
constexpr int64_t kBuffered = 64;

DepthwiseQuad quad_of(const PackedConvWeights& weights, std::span<const int32_t> offsets,
                      const ConvQuantization& quantization, int64_t quad) {
  const int64_t step_taps = depthwise_step_taps(weights.isa());
  const int64_t steps = divide_up(taps(weights.shape()), step_taps);
  // A channel that does not exist gets scale 0, and so the zero point as its value.
  DepthwiseQuad result = {weights.data().data() + 4 * step_taps * steps * quad,
                          offsets.data(),
                          narrow<int32_t>(steps),
                          {},
                          {}};
  const int64_t channels = std::min<int64_t>(4, weights.shape().out_channels - 4 * quad);
  std::copy_n(quantization.bias.data() + 4 * quad, channels, result.bias);
  std::copy_n(quantization.scale.data() + 4 * quad, channels, result.scale);
  return result;
}

// Row by row through a buffer.
void store_buffered(const DepthwiseQuad& quad, int64_t number, const DepthwiseForms& forms,
                    const DepthwiseRows& image, const ConvQuantization& quantization,
                    const OutputWriter& writer) {
  alignas(16) union {
    int8_t words[4 * kBuffered];
    float values[4 * kBuffered];
  } buffer;
  for (int64_t y = 0; y < image.rows; ++y) {
    const int8_t* row = image.input + image.input_pitch * y;
    for (int64_t x = 0; x < image.width; x += kBuffered) {
      const int64_t count = std::min(kBuffered, image.width - x);
      const DepthwiseRows part = {row + 4 * x, 0, &buffer, 0, 1, count};
      const OutputWriter::Run run = {number, y, x, count};
      if (writer.is_float()) {
        forms.to_floats(quad, part, quantization);
        writer.store_floats(run, buffer.values);
      } else {
        forms.to_values(quad, part, quantization);
        writer.store_words(run, buffer.words);
      }
    }
  }
}

}  // namespace

void run_depthwise(const PackedConvWeights& weights, std::span<const int32_t> offsets,
                   const DepthwiseForms& forms, const Block4& input_layout, const int8_t* input,
                   const ConvQuantization& quantization, const ConvOutput& output) {
  const ConvShape& shape = weights.shape();
  const Block4& layout = output.layout;
  const OutputWriter writer(quantization, output, layout.width);
  const bool in_place = output.kind == ConvOutput::Kind::kBlock4 && layout.phases == 1;
  DepthwiseRows image = {input,         input_layout.row_bytes() * shape.stride_h,
                         nullptr,       layout.row_bytes(),
                         layout.height, layout.width};
  for (int64_t number = 0; 4 * number < shape.out_channels; ++number) {
    const DepthwiseQuad quad = quad_of(weights, offsets, quantization, number);
    image.input = input + input_layout.block_bytes() * number;
    if (in_place) {
      image.out = static_cast<int8_t*>(output.data) + layout.offset(number, 0, 0);
      forms.to_values(quad, image, quantization);
    } else {
      store_buffered(quad, number, forms, image, quantization, writer);
    }
  }
}

}  // namespace edgy::kernels
