// Operators without weights on int8 tensors: the forms that their families choose where a tensor is
// int8 (edgy.fbs defines what they compute; the verifier has seen to types and scales).
#pragma once

#include "kernels/float/elementwise.h"
#include "kernels/float/pool.h"
#include "kernels/quantize/quantize.h"
#include "wasm/runtime/operators/create_context.h"

namespace edgy::runtime {

/// The quantization of an int8 tensor as kernels read it; nothing for other tensors, and where it
/// is not one for all values.
std::optional<kernels::QuantizeParameters> quantize_parameters(const TensorEntry& tensor);

/// Whether an input or an output is int8.
bool has_integers(const CreateContext& context);

/// The shape of numpy broadcasting of both inputs; fails where they do not fit together.
Result<void> broadcast(const InputShapes& in_shapes, Shape& out_shape);

NewOperation make_unary_int8(const CreateContext& context);
NewOperation make_binary_int8(const CreateContext& context);

/// Windows of int8 values: their greatest, or their means.
class PoolInt8 {
 public:
  /// Fails where the tensors have no quantization that it knows.
  static Result<PoolInt8> make(const CreateContext& context, bool is_max, bool count_pad);
  /// Fails for windows that are too large for their sums.
  Result<void> check(const kernels::PoolShape& shape) const;
  void run(const kernels::PoolShape& shape, const uint8_t* x, uint8_t* out) const;

 private:
  bool is_max_ = true;
  bool count_pad_ = false;
  kernels::QuantizeParameters from_;
  kernels::QuantizeParameters to_;
};

}  // namespace edgy::runtime
