// Quantize and Dequantize.
#include <vector>

#include "kernels/float/copy.h"
#include "kernels/quantize/quantize.h"
#include "wasm/format/verify_internal.h"
#include "wasm/runtime/operators/registry.h"
#include "wasm/runtime/plan/shapes.h"

namespace edgy::runtime {
namespace {

class Quantize final : public Operation {
 public:
  Quantize(const TensorQuantization& quantization, std::vector<int32_t> perm)
      : parameters_{quantization.scale, quantization.zero_point, quantization.qmin,
                    quantization.qmax},
        perm_(std::move(perm)) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    out_shapes[0] = in_shapes[0];
    for (std::size_t i = 0; i < perm_.size(); i++) {
      out_shapes[0][i] = in_shapes[0][static_cast<std::size_t>(perm_[i])];
    }
    return {};
  }
  bool writes_block4() const override { return true; }

  Result<int64_t> plan() override {
    const bool fused = perm_.empty() || (outputs[0].placement.block4 && is_channels_first());
    return fused ? 0 : input_count(0) * static_cast<int64_t>(sizeof(float));
  }

  Result<void> run() override {
    const float* source = in<float>(0).data();
    const bool planes = !perm_.empty() && outputs[0].placement.block4 && is_channels_first();
    if (!perm_.empty() && !planes) {
      kernels::transpose(source, inputs[0].shape, perm_, sizeof(float), scratch);
      source = reinterpret_cast<const float*>(scratch);
    }
    int8_t* target = reinterpret_cast<int8_t*>(outputs[0].target);
    if (!outputs[0].placement.block4) {
      kernels::quantize_rows(source, static_cast<std::size_t>(output_count(0)), parameters_,
                             target);
      return {};
    }
    const kernels::Block4& layout = *outputs[0].placement.block4;
    const Image image = image_of(outputs[0].shape);
    const int64_t values = image.height * image.width * image.channels;
    const auto quantize = planes ? kernels::quantize_planes_to_block4 : kernels::quantize_to_block4;
    for (int64_t n = 0; n < image.batch; n++) {
      quantize(layout, source + n * values, parameters_, target + n * layout.bytes());
    }
    return {};
  }
  const char* kernel() const override { return "quantize"; }

 private:
  /// [N, C, W] or [N, C, H, W] becomes channels-last.
  bool is_channels_first() const {
    static constexpr int32_t kRank3[] = {0, 2, 1};
    static constexpr int32_t kRank4[] = {0, 2, 3, 1};
    const std::span<const int32_t> perm = perm_;
    return std::equal(perm.begin(), perm.end(), std::begin(kRank3), std::end(kRank3)) ||
           std::equal(perm.begin(), perm.end(), std::begin(kRank4), std::end(kRank4));
  }

  kernels::QuantizeParameters parameters_;
  std::vector<int32_t> perm_;
};

class Dequantize final : public Operation {
 public:
  explicit Dequantize(const TensorQuantization& quantization) : quantization_(quantization) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    out_shapes[0] = in_shapes[0];
    return {};
  }
  Result<void> run() override {
    kernels::dequantize(in<int8_t>(0).data(), static_cast<std::size_t>(output_count(0)),
                        quantization_.scale, quantization_.zero_point, out<float>(0).data());
    return {};
  }
  const char* kernel() const override { return "dequantize"; }

 private:
  TensorQuantization quantization_;
};

}  // namespace

NewOperation make_quantize(const CreateContext& context) {
  if (context.input(0).type() != DataType::F32 || context.output(0).type() != DataType::I8) {
    return context.unsupported("only float32 is quantized, and only to int8");
  }
  const std::optional<TensorQuantization> quantization = activation_quantization(context.output(0));
  if (!quantization) {
    return context.invalid("its output needs a quantization with one scale");
  }
  std::vector<int32_t> perm;
  if (const auto* axes = context.op().options_as_Quantize()->perm(); axes != nullptr) {
    perm.assign(axes->begin(), axes->end());
  }
  return std::unique_ptr<Operation>(std::make_unique<Quantize>(*quantization, std::move(perm)));
}

NewOperation make_dequantize(const CreateContext& context) {
  if (context.input(0).type() != DataType::I8 || context.output(0).type() != DataType::F32) {
    return context.unsupported("only int8 is dequantized, and only to float32");
  }
  const std::optional<TensorQuantization> quantization = activation_quantization(context.input(0));
  if (!quantization) {
    return context.unsupported("its input needs a quantization with one scale");
  }
  return std::unique_ptr<Operation>(std::make_unique<Dequantize>(*quantization));
}

}  // namespace edgy::runtime
