// Conv2D and Dense in int8, by Edgy's own kernels.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

#include "kernels/column_int8/column_int8.h"
#include "kernels/requantize.h"
#include "kernels/sparse_conv_int8/sparse_conv_int8.h"
#include "wasm/format/text.h"
#include "wasm/format/verify_internal.h"
#include "wasm/runtime/operators/conv_layer.h"
#include "wasm/runtime/operators/kernel_choice.h"
#include "wasm/runtime/operators/registry.h"
#include "wasm/runtime/plan/shapes.h"

namespace edgy::runtime {
namespace fb = format::fb;
namespace {

/// What a dynamic extent counts for when a kernel is chosen: long enough for full strips.
constexpr int64_t kUsualExtent = 64;

const char* kernel_name(const KernelChoice& choice) {
  static constexpr const char* kNames[4][4] = {
      {"conv_int8/reference", "conv_int8/simd128", "conv_int8/relaxed-dot",
       "conv_int8/relaxed-pair"},
      {"sparse_conv_int8/reference", "sparse_conv_int8/simd128", "sparse_conv_int8/relaxed-dot",
       "sparse_conv_int8/relaxed-pair"},
      {"conv_int8/reference", "conv_int8/4x4/simd128", "conv_int8/4x4/relaxed-dot",
       "conv_int8/4x4/relaxed-pair"},
      {"sparse_conv_int8/reference", "sparse_conv_int8/1x1/simd128", "sparse_conv_int8/1x1/relaxed",
       "sparse_conv_int8/1x1/relaxed"}};
  return kNames[static_cast<int>(choice.kernel)][static_cast<int>(choice.isa)];
}

kernels::OutputSize output_size(const Image& image) {
  constexpr int64_t kMost = int64_t{1} << 20;  // any more makes no difference to a choice
  return {std::min(image.height, kMost), std::min(image.width, kMost)};
}

kernels::ColumnBlocks column_blocks(ConvKernel kernel) {
  return kernel == ConvKernel::kSparse      ? kernels::ColumnBlocks::kNonZero1x4
         : kernel == ConvKernel::kSparse4x4 ? kernels::ColumnBlocks::kNonZero4x4
                                            : kernels::ColumnBlocks::kAll;
}

class ConvInt8 final : public Operation {
 public:
  /// `one_position`: the layer's outputs are always single positions.
  ConvInt8(QuantizedLayer layer, const KernelChoice& choice, bool one_position,
           const kernels::Threads& threads)
      : layer_(std::move(layer)), choice_(choice), threads_(threads) {
    const kernels::ConvShape& shape = layer_.layer.shape;
    if (one_position && choice.isa != kernels::Isa::kReference && kernels::supports_column(shape)) {
      column_.emplace(shape, layer_.weights, choice.isa, column_blocks(choice.kernel));
    } else if (choice.kernel == ConvKernel::kSparse || choice.kernel == ConvKernel::kSingle) {
      sparse_.emplace(shape, layer_.weights, choice.isa,
                      choice.kernel == ConvKernel::kSingle ? kernels::SparseBlocks::k1x1
                                                           : kernels::SparseBlocks::k1x4);
    } else {
      dense_.emplace(shape, layer_.weights, choice.isa,
                     choice.kernel == ConvKernel::kSparse4x4 ? kernels::ConvBlocks::kNonZero4x4
                                                             : kernels::ConvBlocks::kAll);
    }
    layer_.weights = {};
    layer_.plain_bias = {};
  }

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    return layer_.layer.infer(in_shapes[0], out_shapes[0]);
  }
  std::optional<Border> wanted_border(std::size_t input) const override {
    return input == 0 ? std::optional<Border>(layer_.layer.border) : std::nullopt;
  }
  bool writes_block4() const override { return !layer_.is_float_output; }
  bool reads(std::size_t input) const override { return input == 0; }

  Result<int64_t> plan() override {
    view_ = view_with_border(*inputs[0].placement.block4, layer_.layer.border);
    if (column_) {
      column_input_ = kernels::column_input(layer_.layer.shape, view_.layout);
    } else {
      offsets_ = sparse_ ? kernels::sparse_conv_offsets(*sparse_, view_.layout)
                         : kernels::conv_offsets(*dense_, view_.layout);
    }
    const Image image = image_of(outputs[0].shape);
    batch_ = image.batch;
    image_threads_ = threads_;
    image_threads_.count = kernels::worthwhile_threads(
        predicted_cost(choice_, layer_.layer.shape, output_size(image)), threads_.count);
    if (outputs[0].placement.block4) {
      output_.kind = kernels::ConvOutput::Kind::kBlock4;
      output_.layout = *outputs[0].placement.block4;
      output_stride_ = output_.layout.bytes();
    } else {
      output_.kind = layer_.is_float_output ? kernels::ConvOutput::Kind::kRowsFloat
                                            : kernels::ConvOutput::Kind::kRowsInt8;
      output_.layout = {};  // rows may be larger than a Block4 image can be
      output_.layout.channels = image.channels;
      output_.layout.height = image.height;
      output_.layout.width = image.width;
      output_stride_ =
          image.height * image.width * image.channels * (layer_.is_float_output ? 4 : 1);
    }
    return 0;
  }

  Result<void> run() override {
    kernels::ConvQuantization quantization;
    quantization.bias = layer_.folded_bias;
    quantization.scale = layer_.scale;
    quantization.zero_point = layer_.zero_point;
    quantization.qmin = layer_.qmin;
    quantization.qmax = layer_.qmax;
    quantization.float_min = layer_.layer.activation_min;
    quantization.float_max = layer_.layer.activation_max;
    for (int64_t n = 0; n < batch_; n++) {
      const int8_t* input = reinterpret_cast<const int8_t*>(inputs[0].source) +
                            n * inputs[0].placement.block4->bytes() + view_.start;
      output_.data = outputs[0].target + n * output_stride_;
      if (column_) {
        kernels::column_int8(*column_, column_input_, view_.layout, input, quantization, output_);
      } else if (sparse_) {
        kernels::sparse_conv_int8(*sparse_, offsets_, view_.layout, input, quantization, output_,
                                  image_threads_);
      } else {
        kernels::conv_int8(*dense_, offsets_, view_.layout, input, quantization, output_,
                           image_threads_);
      }
    }
    return {};
  }

  const char* kernel() const override { return kernel_name(choice_); }
  uint64_t macs() const override { return layer_.layer.macs(outputs[0].shape); }
  int64_t packed_bytes() const override {
    const std::size_t numbers = layer_.folded_bias.size() + layer_.scale.size();
    return static_cast<int64_t>((column_   ? column_->bytes()
                                 : sparse_ ? sparse_->bytes()
                                           : dense_->bytes()) +
                                numbers * sizeof(float));
  }
  PredictedCost predicted() const override {
    const Image image = image_of(outputs[0].shape);
    const kernels::ConvShape& shape = layer_.layer.shape;
    const auto images = static_cast<double>(image.batch);
    return {images * predicted_cost(choice_, shape, output_size(image)),
            images * predicted_dense_cost(choice_, shape, output_size(image)),
            stored_share(choice_)};
  }

 private:
  QuantizedLayer layer_;
  KernelChoice choice_;
  kernels::Threads threads_;
  kernels::Threads image_threads_;  ///< as many of them as pay for one image of the current plan
  std::optional<kernels::PackedConvWeights> dense_;
  std::optional<kernels::PackedSparseWeights> sparse_;
  std::optional<kernels::PackedColumnWeights> column_;
  kernels::ColumnInput column_input_;
  BorderView view_;
  std::vector<int32_t> offsets_;
  kernels::ConvOutput output_;
  int64_t output_stride_ = 0;  ///< bytes from image to image
  int64_t batch_ = 1;
};

/// No sum of a channel may leave 32 bits, whatever the activations are.
bool sums_fit(const QuantizedLayer& layer) {
  const std::size_t row = layer.weights.size() / layer.folded_bias.size();
  for (std::size_t o = 0; o < layer.folded_bias.size(); o++) {
    int64_t reach = 0;
    for (std::size_t i = o * row; i < (o + 1) * row; i++) {
      reach += std::abs(int{layer.weights[i]});
    }
    const int64_t bias = layer.plain_bias.empty() ? 0 : layer.plain_bias[o];
    // |x - zero_point| is at most 255; every partial sum of both ways to add the zero point is
    // covered.
    if (std::abs(bias) + 256 * reach > std::numeric_limits<int32_t>::max()) {
      return false;
    }
  }
  return true;
}

/// The fused activation as a quantized range. False if it leaves no value.
void clamp_range(const ConvLayer& layer, const TensorQuantization& output, QuantizedLayer& result) {
  const float inverse = 1.0F / output.scale;
  const auto bound = [&](float value) {
    return int32_t{kernels::quantize(value, inverse, output.zero_point, output.qmin, output.qmax)};
  };
  result.zero_point = output.zero_point;
  result.qmin = std::isinf(layer.activation_min) ? output.qmin : bound(layer.activation_min);
  result.qmax = std::isinf(layer.activation_max) ? output.qmax : bound(layer.activation_max);
}

/// Asks before the weights are decoded. Decoding a sparse constant may take far more memory than
/// the file. Two numbers are kept for each output channel, and one more while the layer is made.
Result<void> ask_for_weights(const CreateContext& context, const ConvLayer& layer) {
  return context.decode(static_cast<int64_t>(layer.weight_count()),
                        layer.shape.out_channels * 3 * int64_t{sizeof(int32_t)});
}

/// Weights, scales and biases of a layer whose quantizations are known. `weights`: which input of
/// the operator; `output_scale`: 1 for float32.
Result<void> read_weights(const CreateContext& context, uint32_t weights,
                          std::span<const int32_t> bias, double output_scale,
                          QuantizedLayer& result) {
  const int64_t channels = result.layer.shape.out_channels;
  result.weights = context.model.constant_int8(context.input_index(weights));
  result.plain_bias.assign(bias.begin(), bias.end());
  const auto& scales = *context.input(weights).quantization()->scale();
  result.scale.reserve(static_cast<std::size_t>(channels));
  for (uint32_t o = 0; o < kernels::narrow<uint32_t>(channels); o++) {
    const double product = double{result.input.scale} * scales.Get(scales.size() == 1 ? 0 : o);
    result.scale.push_back(static_cast<float>(product / output_scale));
    if (!std::isfinite(result.scale.back())) {
      return context.invalid(str("the scales of output channel ", o, " overflow a float"));
    }
  }
  result.folded_bias.resize(kernels::to_size(channels));
  if (!sums_fit(result)) {
    return context.invalid("its sums can exceed 32 bits; smaller weights or biases are needed");
  }
  result.folded_bias =
      kernels::fold_zero_point(result.layer.shape, result.weights, bias, result.input.zero_point);
  return {};
}

Result<QuantizedLayer> quantized_layer(const CreateContext& context, const ConvLayer& layer) {
  if (Result<void> room = ask_for_weights(context, layer); !room) {
    return tl::unexpected<Error>(std::move(room.error()));
  }
  QuantizedLayer result;
  result.layer = layer;
  const std::optional<TensorQuantization> input = activation_quantization(context.input(0));
  result.is_float_output = context.output(0).type() == DataType::F32;
  const std::optional<TensorQuantization> output =
      result.is_float_output ? TensorQuantization{} : activation_quantization(context.output(0));
  if (!input || !output) {
    return context.invalid(
        "its int8 input and output need a scale and a zero point in their range");
  }
  if (!result.is_float_output &&
      (layer.activation_min == std::numeric_limits<float>::infinity() ||
       layer.activation_max == -std::numeric_limits<float>::infinity())) {
    return context.invalid("its fused activation leaves no finite value");
  }
  result.input = *input;
  clamp_range(layer, *output, result);
  if (Result<void> read =
          read_weights(context, 1, context.int32s(2),
                       result.is_float_output ? 1.0 : double{output->scale}, result);
      !read) {
    return tl::unexpected<Error>(std::move(read.error()));
  }
  return result;
}

int64_t most_packed_bytes(const ConvLayer& layer, const KernelChoice& choice) {
  if (choice.kernel == ConvKernel::kSingle) {
    // A byte and an index of four each; where weights are large, half of their places stay empty.
    return 10 * choice.stored.weights + int64_t{64} * layer.shape.out_channels;
  }
  // Both other packings round channels up to blocks of four; the sparse one adds 4 bytes of index
  // to 4 of weights.
  const int64_t count = layer.weight_count();
  const int64_t per_channel = layer.shape.in_channels / layer.shape.groups;
  const int64_t rounded = count / per_channel * ((per_channel + 3) / 4 * 4);
  return choice.kernel == ConvKernel::kSparse ? 2 * rounded : rounded + 16 * per_channel;
}

/// The operation of a layer for outputs of this size.
NewOperation make_layer(const CreateContext& context, QuantizedLayer layer,
                        const kernels::OutputSize& size) {
  const int bits = layer.input.qmin >= 0 ? 7 : 8;
  const KernelChoice choice = choose_conv_kernel(
      layer.layer.shape, layer.weights, {.activation_bits = bits, .wanted = context.isa}, size);
  if (choice.kernel == ConvKernel::kXnnpack) {
    return make_xnnpack_int8(context, layer);
  }
  if (Result<void> room = context.has_room(most_packed_bytes(layer.layer, choice)); !room) {
    return tl::unexpected<Error>(std::move(room.error()));
  }
  auto made =
      std::make_unique<ConvInt8>(std::move(layer), choice, size.one_position(), context.threads);
  if (Result<void> reserved = context.reserve(made->packed_bytes()); !reserved) {
    return tl::unexpected<Error>(std::move(reserved.error()));
  }
  return std::unique_ptr<Operation>(std::move(made));
}

}  // namespace

NewOperation make_conv_int8(const CreateContext& context, const ConvLayer& layer) {
  Result<QuantizedLayer> quantized = quantized_layer(context, layer);
  if (!quantized) {
    return tl::unexpected<Error>(std::move(quantized.error()));
  }
  Shape declared = declared_shape(context.output(0));
  std::replace(declared.begin(), declared.end(), int64_t{-1}, kUsualExtent);
  return make_layer(context, std::move(*quantized), output_size(image_of(declared)));
}

NewOperation make_int8_product(const CreateContext& context, const Int8Product& product) {
  const auto& shape = *context.input(product.weights).shape();
  QuantizedLayer layer;
  layer.layer.is_dense = true;
  layer.layer.shape.out_channels = shape.Get(0);
  layer.layer.shape.in_channels = shape.Get(1);
  layer.layer.activation_min = -std::numeric_limits<float>::infinity();
  layer.layer.activation_max = std::numeric_limits<float>::infinity();
  layer.input = product.input;
  layer.is_float_output = true;
  if (Result<void> room = ask_for_weights(context, layer.layer); !room) {
    return tl::unexpected<Error>(std::move(room.error()));
  }
  if (Result<void> read = read_weights(context, product.weights, {}, 1.0, layer); !read) {
    return tl::unexpected<Error>(std::move(read.error()));
  }
  return make_layer(context, std::move(layer), {1, product.one_position ? 1 : kUsualExtent});
}

}  // namespace edgy::runtime
