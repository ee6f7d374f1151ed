// Convolutions by XNNPACK: weights packed once, reshaped by each plan.
#include <xnnpack.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/sizes.h"
#include "wasm/format/text.h"
#include "wasm/runtime/operators/conv_layer.h"
#include "wasm/runtime/plan/shapes.h"

namespace edgy::runtime {
namespace {

using kernels::narrow;
using kernels::to_size;

struct DeleteOperator {
  void operator()(xnn_operator_t op) const { xnn_delete_operator(op); }
};
using Handle = std::unique_ptr<std::remove_pointer_t<xnn_operator_t>, DeleteOperator>;

tl::unexpected<Error> error_of(xnn_status status, std::string_view call) {
  const ErrorCode code =
      status == xnn_status_out_of_memory ? ErrorCode::kOutOfMemory : ErrorCode::kInternal;
  return fail(code, str("XNNPACK's ", call, " failed with status ", static_cast<int>(status)));
}

class XnnpackConv final : public Operation {
 public:
  XnnpackConv(const ConvLayer& layer, bool is_int8, Handle handle, int64_t packed)
      : layer_(layer), is_int8_(is_int8), handle_(std::move(handle)), packed_(packed) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    return layer_.infer(in_shapes[0], out_shapes[0]);
  }

  int64_t plan_bytes() const override {
    // XNNPACK keeps a pointer for each output position and tap (positions rounded up to its tile),
    // and a row of zeros.
    const Image y = image_of(outputs[0].shape);
    const kernels::ConvShape& shape = layer_.shape;
    const int64_t taps = shape.kernel_h * shape.kernel_w;
    const Border& border = layer_.border;
    const bool is_product = taps == 1 && shape.stride_h == 1 && shape.stride_w == 1 &&
                            border.top + border.left + border.bottom + border.right == 0;
    constexpr int64_t kPointerBytes = sizeof(void*);
    return kernels::capped_product(is_product ? 0 : kPointerBytes, y.height, y.width + 32, taps) +
           4 * shape.in_channels;
  }

  Result<int64_t> plan() override {
    const Image x = image_of(inputs[0].shape);
    std::size_t bytes = 0;
    std::size_t alignment = 0;
    std::size_t height = 0;
    std::size_t width = 0;
    const auto reshape =
        is_int8_ ? xnn_reshape_convolution2d_nhwc_qs8_qc8w : xnn_reshape_convolution2d_nhwc_f32;
    const xnn_status status =
        reshape(handle_.get(), to_size(x.batch), to_size(x.height), to_size(x.width), &bytes,
                &alignment, &height, &width, nullptr);
    if (status != xnn_status_success) {
      return error_of(status, "reshape");
    }
    const Image y = image_of(outputs[0].shape);
    if (!std::cmp_equal(height, y.height) || !std::cmp_equal(width, y.width)) {
      return fail(ErrorCode::kInternal, "XNNPACK computes another output shape");
    }
    return narrow<int64_t>(bytes);
  }

  Result<void> bind() override {
    const xnn_status status =
        is_int8_ ? xnn_setup_convolution2d_nhwc_qs8_qc8w(
                       handle_.get(), scratch, reinterpret_cast<const int8_t*>(inputs[0].source),
                       reinterpret_cast<int8_t*>(outputs[0].target))
                 : xnn_setup_convolution2d_nhwc_f32(
                       handle_.get(), scratch, reinterpret_cast<const float*>(inputs[0].source),
                       reinterpret_cast<float*>(outputs[0].target));
    return status == xnn_status_success ? Result<void>{} : error_of(status, "setup");
  }

  Result<void> run() override {
    const xnn_status status = xnn_run_operator(handle_.get(), nullptr);
    return status == xnn_status_success ? Result<void>{} : error_of(status, "run");
  }

  const char* kernel() const override { return is_int8_ ? "xnnpack/conv_qs8" : "xnnpack/conv_f32"; }
  uint64_t macs() const override { return layer_.macs(outputs[0].shape); }
  int64_t packed_bytes() const override { return packed_; }
  bool reads(std::size_t input) const override { return input == 0; }

 private:
  ConvLayer layer_;
  bool is_int8_;
  Handle handle_;
  int64_t packed_;
};

/// Packed weights at most: XNNPACK rounds output channels up to its tile of at most 32, input
/// channels to at most 16.
int64_t packed_bound(const ConvLayer& layer, int64_t width) {
  const int64_t per_group_in = layer.shape.in_channels / layer.shape.groups;
  const int64_t per_group_out = layer.shape.out_channels / layer.shape.groups;
  const int64_t taps = layer.shape.kernel_h * layer.shape.kernel_w;
  const bool depthwise = per_group_in == 1 && per_group_out == 1;
  const int64_t rows =
      depthwise ? layer.shape.groups + 32 : layer.shape.groups * ((per_group_out + 31) / 32 * 32);
  const int64_t columns = depthwise ? taps + 32 : taps * ((per_group_in + 15) / 16 * 16);
  return rows * (columns * width + 16);
}

Result<void> initialize() {
  const xnn_status status = xnn_initialize(nullptr);
  return status == xnn_status_success ? Result<void>{} : error_of(status, "initialization");
}

NewOperation finish(const CreateContext& context, const ConvLayer& layer, bool is_int8,
                    xnn_status status, xnn_operator_t op, int64_t packed) {
  if (status == xnn_status_out_of_memory) {
    return fail(ErrorCode::kOutOfMemory, "there is no memory for packed weights");
  }
  if (status != xnn_status_success) {
    return context.unsupported(
        str("XNNPACK refuses its parameters (status ", static_cast<int>(status), ")"));
  }
  return std::unique_ptr<Operation>(
      std::make_unique<XnnpackConv>(layer, is_int8, Handle(op), packed));
}

}  // namespace

NewOperation make_xnnpack_float(const CreateContext& context, const ConvLayer& layer) {
  const kernels::ConvShape& shape = layer.shape;
  const int64_t packed = packed_bound(layer, sizeof(float));
  if (Result<void> reserved = context.reserve(packed); !reserved) {
    return tl::unexpected<Error>(std::move(reserved.error()));
  }
  if (Result<void> ready = initialize(); !ready) {
    return tl::unexpected<Error>(std::move(ready.error()));
  }
  const std::span<const float> bias = context.floats(2);
  xnn_operator_t op = nullptr;
  const xnn_status status = xnn_create_convolution2d_nhwc_f32(
      narrow<uint32_t>(layer.border.top), narrow<uint32_t>(layer.border.right),
      narrow<uint32_t>(layer.border.bottom), narrow<uint32_t>(layer.border.left),
      narrow<uint32_t>(shape.kernel_h), narrow<uint32_t>(shape.kernel_w),
      narrow<uint32_t>(shape.stride_h), narrow<uint32_t>(shape.stride_w),
      narrow<uint32_t>(shape.dilation_h), narrow<uint32_t>(shape.dilation_w),
      narrow<uint32_t>(shape.groups), to_size(shape.in_channels / shape.groups),
      to_size(shape.out_channels / shape.groups), to_size(shape.in_channels),
      to_size(shape.out_channels), context.floats(1).data(), bias.empty() ? nullptr : bias.data(),
      layer.activation_min, layer.activation_max, 0, nullptr, nullptr, &op);
  return finish(context, layer, false, status, op, packed);
}

NewOperation make_xnnpack_int8(const CreateContext& context, const QuantizedLayer& layer) {
  if (layer.is_float_output) {
    return context.unsupported(
        "grouped int8 convolutions with channels per group that are no multiple of 4 need an "
        "int8 output");
  }
  const kernels::ConvShape& shape = layer.layer.shape;
  const int64_t packed = packed_bound(layer.layer, 1);
  if (Result<void> reserved = context.reserve(packed); !reserved) {
    return tl::unexpected<Error>(std::move(reserved.error()));
  }
  if (Result<void> ready = initialize(); !ready) {
    return tl::unexpected<Error>(std::move(ready.error()));
  }
  // With input and output scales of 1, XNNPACK's product of scales is ours, bit for bit.
  xnn_operator_t op = nullptr;
  const xnn_status status = xnn_create_convolution2d_nhwc_qs8_qc8w(
      narrow<uint32_t>(layer.layer.border.top), narrow<uint32_t>(layer.layer.border.right),
      narrow<uint32_t>(layer.layer.border.bottom), narrow<uint32_t>(layer.layer.border.left),
      narrow<uint32_t>(shape.kernel_h), narrow<uint32_t>(shape.kernel_w),
      narrow<uint32_t>(shape.stride_h), narrow<uint32_t>(shape.stride_w),
      narrow<uint32_t>(shape.dilation_h), narrow<uint32_t>(shape.dilation_w),
      narrow<uint32_t>(shape.groups), to_size(shape.in_channels / shape.groups),
      to_size(shape.out_channels / shape.groups), to_size(shape.in_channels),
      to_size(shape.out_channels), static_cast<int8_t>(layer.input.zero_point), 1.0F,
      layer.scale.data(), layer.weights.data(),
      layer.plain_bias.empty() ? nullptr : layer.plain_bias.data(),
      static_cast<int8_t>(layer.zero_point), 1.0F, static_cast<int8_t>(layer.qmin),
      static_cast<int8_t>(layer.qmax), 0, nullptr, nullptr, &op);
  return finish(context, layer.layer, true, status, op, packed);
}

}  // namespace edgy::runtime
