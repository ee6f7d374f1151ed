// What Conv2D and Dense have in common: a Dense layer is a 1x1 convolution over all positions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "kernels/conv_int8/conv_int8.h"
#include "wasm/runtime/operators/create_context.h"

namespace edgy::runtime {

/// A convolution, whatever the size of the image.
struct ConvLayer {
  kernels::ConvShape shape;
  Border border;  ///< padding; phases: stride_w
  bool is_dense = false;
  float activation_min;
  float activation_max;

  /// Shape of y; x and w as in edgy.fbs.
  Result<void> infer(const Shape& x, Shape& y) const;
  uint64_t macs(const Shape& y) const;
  int64_t weight_count() const;  ///< at most kMaxElements, as the verifier has seen to
};

ConvLayer conv_layer(const CreateContext& context);

/// The numbers of an int8 layer that its kernels need. `folded_bias` includes the input's zero
/// point, `plain_bias` not.
struct QuantizedLayer {
  ConvLayer layer;
  std::vector<int8_t> weights;
  std::vector<int32_t> folded_bias;
  std::vector<int32_t> plain_bias;
  std::vector<float> scale;  ///< scale_x * scale_w[o] (/ scale_y if the output is int8)
  TensorQuantization input;
  bool is_float_output = false;
  int32_t zero_point = 0;  ///< of the output; range with the fused activation
  int32_t qmin = 0;
  int32_t qmax = 0;
};

/// XNNPACK's convolutions: float32, and int8 to int8.
NewOperation make_xnnpack_float(const CreateContext& context, const ConvLayer& layer);
NewOperation make_xnnpack_int8(const CreateContext& context, const QuantizedLayer& layer);
/// A product of int8 values with integer weights [O, K], to float32, for operators that have
/// several.
struct Int8Product {
  uint32_t weights;  ///< which input of the operator
  TensorQuantization
      input;  ///< of what is multiplied: [1, positions, K] in Block4 without a border
  bool one_position = false;  ///< always
};
NewOperation make_int8_product(const CreateContext& context, const Int8Product& product);
/// Edgy's own kernels or XNNPACK's, as kernel_choice.h says.
NewOperation make_conv_int8(const CreateContext& context, const ConvLayer& layer);

}  // namespace edgy::runtime
