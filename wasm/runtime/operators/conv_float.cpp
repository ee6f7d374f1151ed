// Conv2D and Dense: shapes, and the choice between float and int8.
#include "wasm/format/text.h"
#include "wasm/format/verify_internal.h"
#include "wasm/runtime/operators/conv_layer.h"
#include "wasm/runtime/operators/registry.h"
#include "wasm/runtime/plan/shapes.h"

namespace edgy::runtime {
namespace fb = format::fb;

ConvLayer conv_layer(const CreateContext& context) {
  const auto& w = *context.input(1).shape();
  ConvLayer layer;
  kernels::ConvShape& shape = layer.shape;
  shape.out_channels = w.Get(0);
  if (const fb::Dense* dense = context.op().options_as_Dense(); dense != nullptr) {
    layer.is_dense = true;
    shape.in_channels = w.Get(1);
    layer.activation_min = dense->activation_min();
    layer.activation_max = dense->activation_max();
    return layer;
  }
  const fb::Conv2D& conv = *context.op().options_as_Conv2D();
  shape.groups = conv.groups();
  shape.in_channels = int64_t{w.Get(3)} * conv.groups();
  shape.kernel_h = w.Get(1);
  shape.kernel_w = w.Get(2);
  shape.stride_h = conv.stride_h();
  shape.stride_w = conv.stride_w();
  shape.dilation_h = conv.dilation_h();
  shape.dilation_w = conv.dilation_w();
  layer.border = {conv.pad_top(), conv.pad_left(), conv.pad_bottom(), conv.pad_right(),
                  conv.stride_w()};
  layer.activation_min = conv.activation_min();
  layer.activation_max = conv.activation_max();
  return layer;
}

Result<void> ConvLayer::infer(const Shape& x, Shape& y) const {
  if (x.empty() || x.back() != shape.in_channels) {
    return fail(ErrorCode::kInvalidInput, str("x has the shape ", std::span<const int64_t>(x),
                                              "; the last extent must be ", shape.in_channels));
  }
  y = x;
  y.back() = shape.out_channels;
  if (is_dense) {
    return {};
  }
  const bool has_height = x.size() == 4;
  const std::optional<int64_t> width = window_positions(
      x[x.size() - 2],
      {shape.kernel_w, shape.stride_w, shape.dilation_w, border.left, border.right});
  const std::optional<int64_t> height = window_positions(
      has_height ? x[1] : 1, {shape.kernel_h, shape.stride_h, shape.dilation_h,
                              has_height ? border.top : 0, has_height ? border.bottom : 0});
  if (!width || !height) {
    return fail(ErrorCode::kInvalidInput,
                str("x has the shape ", std::span<const int64_t>(x),
                    ": too short for its kernel of ", shape.kernel_h, " x ", shape.kernel_w));
  }
  y[y.size() - 2] = *width;
  if (has_height) {
    y[1] = *height;
  }
  return {};
}

uint64_t ConvLayer::macs(const Shape& y) const {
  return static_cast<uint64_t>(count_of(y)) * static_cast<uint64_t>(shape.kernel_h) *
         static_cast<uint64_t>(shape.kernel_w) *
         static_cast<uint64_t>(shape.in_channels / shape.groups);
}

int64_t ConvLayer::weight_count() const {
  return shape.out_channels * shape.kernel_h * shape.kernel_w * (shape.in_channels / shape.groups);
}

NewOperation make_conv(const CreateContext& context) {
  if (context.is_constant(0)) {
    return context.unsupported("its input is a constant; the converter should have computed it");
  }
  ConvLayer layer = conv_layer(context);
  if (!layer.is_dense && declared_shape(context.input(0)).size() == 3 &&
      (layer.border.top != 0 || layer.border.bottom != 0)) {
    return context.invalid("a convolution over [N, T, C] cannot have pad_top or pad_bottom");
  }
  const DataType x = context.input(0).type();
  const DataType w = context.input(1).type();
  const DataType y = context.output(0).type();
  if (x == DataType::F32 && w == DataType::F32 && y == DataType::F32) {
    return make_xnnpack_float(context, layer);
  }
  if (x == DataType::I8 && (w == DataType::I8 || w == DataType::I4) &&
      (y == DataType::I8 || y == DataType::F32)) {
    return make_conv_int8(context, layer);
  }
  return context.unsupported(str(
      "types ", to_string(x), " x ", to_string(w), " -> ", to_string(y),
      "; float32 x float32 -> float32 and int8 x int8 or int4 -> int8 or float32 are possible"));
}

}  // namespace edgy::runtime
