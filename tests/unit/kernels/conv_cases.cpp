#include "tests/unit/kernels/conv_cases.h"

#include <algorithm>
#include <cstddef>

namespace edgy::tests {
namespace {

using kernels::Block4;
using kernels::ConvOutput;
using kernels::ConvShape;

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  int32_t in(int32_t low, int32_t high) {
    return std::uniform_int_distribution<int32_t>(low, high)(engine_);
  }
  bool chance(double probability) { return std::bernoulli_distribution(probability)(engine_); }
  float real(float low, float high) {
    return std::uniform_real_distribution<float>(low, high)(engine_);
  }
  // Ends of the range are as likely as everything between them together.
  int8_t extreme(int32_t low, int32_t high) {
    return static_cast<int8_t>(chance(0.25) ? low : chance(0.33) ? high : in(low, high));
  }

 private:
  std::mt19937 engine_;
};

void choose_shape(Random& random, bool depthwise, ConvCase& test) {
  ConvShape& shape = test.shape;
  const bool flat = random.chance(0.5);  // 1-D
  shape.kernel_w = random.in(1, 5);
  shape.stride_w = random.in(1, 3);
  shape.dilation_w = random.in(1, 3);
  if (!flat) {
    shape.kernel_h = random.in(1, 5);
    shape.stride_h = random.chance(0.5) ? shape.stride_w : random.in(1, 3);
    shape.dilation_h = random.in(1, 3);
  }
  if (depthwise) {
    shape.groups = shape.in_channels = shape.out_channels = random.in(2, 40);
  } else if (random.chance(0.25)) {
    shape.groups = random.in(2, 4);
    shape.in_channels = 4 * random.in(1, 5) * shape.groups;
    shape.out_channels = 4 * random.in(1, 5) * shape.groups;
  } else {
    shape.in_channels = random.in(1, 70);
    shape.out_channels = random.in(1, 70);
  }
}

void choose_layouts(Random& random, ConvCase& test) {
  const ConvShape& shape = test.shape;
  const int64_t span_h = (shape.kernel_h - 1) * shape.dilation_h + 1;
  const int64_t span_w = (shape.kernel_w - 1) * shape.dilation_w + 1;
  Block4& input = test.input_layout;
  input.channels = shape.in_channels;
  input.phases = shape.stride_w;
  input.pad_left = random.in(0, 4);
  input.pad_right = random.in(0, 4);
  if (shape.kernel_h > 1 || shape.stride_h > 1) {
    input.pad_top = random.in(0, 3);
    input.pad_bottom = random.in(0, 3);
    input.height = std::max<int64_t>(random.in(1, 12), span_h - input.pad_top - input.pad_bottom);
  }
  input.width = std::max<int64_t>(random.in(1, random.chance(0.3) ? 150 : 70),
                                  span_w - input.pad_left - input.pad_right);

  Block4& output = test.output_layout;
  output.channels = shape.out_channels;
  output.height = (input.padded_height() - span_h) / shape.stride_h + 1;
  output.width = (input.padded_width() - span_w) / shape.stride_w + 1;
  test.kind = static_cast<ConvOutput::Kind>(random.in(0, 2));
  if (test.kind == ConvOutput::Kind::kBlock4) {
    output.phases = random.in(1, 3);
    output.pad_left = random.in(0, 3);
    output.pad_right = random.in(0, 3);
    output.pad_top = random.in(0, 2);
    output.pad_bottom = random.in(0, 2);
  }
}

void choose_values(Random& random, int activation_bits, double density, ConvCase& test) {
  const ConvShape& shape = test.shape;
  const int32_t channels = shape.in_channels / shape.groups;
  const std::size_t rows = std::size_t{1} * shape.out_channels * shape.kernel_h * shape.kernel_w;
  const bool all_extreme = random.chance(0.2);
  const bool singly = random.chance(0.3);  // zeros inside of blocks too
  test.weights.resize(rows * channels);
  for (std::size_t row = 0; row < rows; ++row) {
    for (int32_t first = 0; first < channels; first += 4) {
      if (!random.chance(density)) {
        continue;
      }
      for (int32_t c = first; c < std::min(first + 4, channels); ++c) {
        if (singly && !random.chance(0.4)) {
          continue;
        }
        test.weights[row * channels + c] =
            all_extreme ? static_cast<int8_t>(random.chance(0.5) ? -128 : 127)
                        : random.extreme(-128, 127);
      }
    }
  }
  const int32_t low = activation_bits == 7 ? 0 : -128;
  test.input.resize(test.input_layout.bytes());
  for (int8_t& value : test.input) {
    value = all_extreme ? static_cast<int8_t>(random.chance(0.8) ? 127 : low)
                        : random.extreme(low, 127);
  }
  const int32_t spread = 1 << random.in(0, 20);
  for (int32_t o = 0; o < shape.out_channels; ++o) {
    test.bias.push_back(random.in(-spread, spread));
    // From scales that send most sums out of range to scales that send all to the zero point.
    test.scale.push_back(random.real(0.1F, 2.0F) / static_cast<float>(1 << random.in(2, 18)));
  }
  test.qmin = random.chance(0.5) ? 0 : random.in(-128, 0);
  test.qmax = random.chance(0.5) ? 127 : random.in(1, 127);
  test.zero_point = random.in(test.qmin, test.qmax);
  if (random.chance(0.5)) {
    test.float_min = 0.0F;
    test.float_max = random.real(0.0F, 100.0F);
  }
}

}  // namespace

kernels::ConvQuantization ConvCase::quantization() const {
  return {bias, scale, zero_point, qmin, qmax, float_min, float_max};
}

std::vector<int8_t> ConvCase::blank_output() const {
  if (kind == ConvOutput::Kind::kBlock4) {
    std::vector<int8_t> output(output_layout.bytes());
    kernels::fill_border(output_layout, static_cast<int8_t>(zero_point), output.data());
    return output;
  }
  const std::size_t values =
      std::size_t{1} * output_layout.height * output_layout.width * output_layout.channels;
  return std::vector<int8_t>(values * (kind == ConvOutput::Kind::kRowsFloat ? sizeof(float) : 1),
                             0x55);
}

ConvCase make_conv_case(uint32_t seed, int activation_bits, double density, bool depthwise) {
  Random random(seed);
  ConvCase test;
  choose_shape(random, depthwise, test);
  choose_layouts(random, test);
  choose_values(random, activation_bits, density, test);
  return test;
}

void set_output_size(ConvCase& test, int64_t height, int64_t width) {
  const ConvShape& shape = test.shape;
  const auto input_extent = [](int64_t size, int64_t stride, int64_t kernel, int64_t dilation) {
    return std::max<int64_t>(0, (size - 1) * stride + (kernel - 1) * dilation + 1);
  };
  test.input_layout = {
      .channels = shape.in_channels,
      .height = input_extent(height, shape.stride_h, shape.kernel_h, shape.dilation_h),
      .width = input_extent(width, shape.stride_w, shape.kernel_w, shape.dilation_w),
      .phases = shape.stride_w};
  test.output_layout.height = height;
  test.output_layout.width = width;
  const std::vector<int8_t> values = test.input;
  test.input.resize(test.input_layout.bytes());
  for (std::size_t i = 0; i < test.input.size(); ++i) {
    test.input[i] = values[i % values.size()];
  }
}

void keep_one_position(ConvCase& test) {
  test.input_layout.pad_left = test.input_layout.pad_right = 0;
  test.input_layout.width = (test.shape.kernel_w - 1) * test.shape.dilation_w + 1;
  test.output_layout.width = 1;
  test.output_layout.height = 1;
}

}  // namespace edgy::tests
