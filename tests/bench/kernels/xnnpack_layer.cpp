// XNNPACK's int8 convolution of the same layers.
#include <xnnpack.h>

#include <cstddef>
#include <vector>

#include "tests/bench/kernels/operands.h"

namespace {

struct Layer {
  xnn_operator_t op = nullptr;
  std::vector<int8_t> input;
  std::vector<int8_t> output;
  std::vector<int8_t> workspace;
};

Layer layer;

}  // namespace

/// As `set_up` of layers.cpp. Returns 0, or XNNPACK's status.
EXPORT int32_t set_up_xnnpack(int32_t in_channels, int32_t out_channels, int32_t kernel,
                              int32_t positions, int32_t two_dimensional, int32_t depthwise) {
  xnn_delete_operator(layer.op);
  layer = {};
  edgy::kernels::ConvShape shape = {
      .in_channels = in_channels, .out_channels = out_channels, .kernel_w = kernel};
  shape.kernel_h = two_dimensional != 0 ? kernel : 1;
  shape.groups = depthwise != 0 ? in_channels : 1;
  const std::vector<int8_t> weights =
      edgy::bench::random_weights(shape, edgy::bench::Pattern::k1x4, 1000);
  const std::vector<float> scales(out_channels, 0.001F);
  const std::vector<int32_t> bias(out_channels);
  const auto groups = static_cast<uint32_t>(shape.groups);
  const auto width = static_cast<std::size_t>(positions + kernel - 1);
  const std::size_t height = two_dimensional != 0 ? width : 1;
  xnn_status status = xnn_initialize(nullptr);
  if (status == xnn_status_success) {
    status = xnn_create_convolution2d_nhwc_qs8_qc8w(
        0, 0, 0, 0, static_cast<uint32_t>(shape.kernel_h), static_cast<uint32_t>(kernel), 1, 1, 1,
        1, groups, in_channels / groups, out_channels / groups, in_channels, out_channels, 0, 1.0F,
        scales.data(), weights.data(), bias.data(), 3, 1.0F, 0, 127, 0, nullptr, nullptr,
        &layer.op);
  }
  std::size_t bytes = 0;
  std::size_t alignment = 0;
  std::size_t out_height = 0;
  std::size_t out_width = 0;
  if (status == xnn_status_success) {
    status = xnn_reshape_convolution2d_nhwc_qs8_qc8w(layer.op, 1, height, width, &bytes, &alignment,
                                                     &out_height, &out_width, nullptr);
  }
  if (status == xnn_status_success) {
    layer.input.resize(height * width * in_channels + XNN_EXTRA_BYTES);
    edgy::bench::fill_activations(layer.input);
    layer.output.resize(out_height * out_width * out_channels + XNN_EXTRA_BYTES);
    layer.workspace.resize(bytes + 64);
    status = xnn_setup_convolution2d_nhwc_qs8_qc8w(layer.op, layer.workspace.data(),
                                                   layer.input.data(), layer.output.data());
  }
  return status;
}

EXPORT void run_xnnpack(int32_t times) {
  for (int32_t i = 0; i < times; ++i) {
    if (xnn_run_operator(layer.op, nullptr) != xnn_status_success) {
      __builtin_trap();
    }
  }
}
