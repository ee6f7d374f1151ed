#include "kernels/conv_int8/depthwise.h"

#include <algorithm>
#include <span>

#include "kernels/conv_int8/geometry.h"

namespace edgy::kernels {
namespace {

// Positions that are computed before they are stored where they do not lie as they are computed.
constexpr int32_t kBuffered = 64;

DepthwiseQuad quad_of(const PackedConvWeights& weights, std::span<const int32_t> offsets,
                      const ConvQuantization& quantization, int32_t quad) {
  const int32_t step_taps = depthwise_step_taps(weights.isa());
  const int32_t steps = (taps(weights.shape()) + step_taps - 1) / step_taps;
  // A channel that does not exist gets scale 0, and so the zero point as its value.
  DepthwiseQuad result = {weights.data().data() + std::ptrdiff_t{4} * step_taps * steps * quad,
                          offsets.data(),
                          steps,
                          {},
                          {}};
  const int32_t channels = std::min(4, weights.shape().out_channels - 4 * quad);
  std::copy_n(quantization.bias.data() + std::ptrdiff_t{4} * quad, channels, result.bias);
  std::copy_n(quantization.scale.data() + std::ptrdiff_t{4} * quad, channels, result.scale);
  return result;
}

// Row by row through a buffer.
void store_buffered(const DepthwiseQuad& quad, int32_t number, const DepthwiseForms& forms,
                    const DepthwiseRows& image, const ConvQuantization& quantization,
                    const OutputWriter& writer) {
  alignas(16) union {
    int8_t words[4 * kBuffered];
    float values[4 * kBuffered];
  } buffer;
  for (int32_t y = 0; y < image.rows; ++y) {
    const int8_t* row = image.input + image.input_pitch * y;
    for (int32_t x = 0; x < image.width; x += kBuffered) {
      const int32_t count = std::min(kBuffered, image.width - x);
      const DepthwiseRows part = {row + std::ptrdiff_t{4} * x, 0, &buffer, 0, 1, count};
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
  DepthwiseRows image = {
      input,         static_cast<std::ptrdiff_t>(input_layout.row_bytes()) * shape.stride_h,
      nullptr,       static_cast<std::ptrdiff_t>(layout.row_bytes()),
      layout.height, layout.width};
  for (int32_t number = 0; 4 * number < shape.out_channels; ++number) {
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
