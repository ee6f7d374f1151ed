// The operators this runtime runs.
#pragma once

#include "wasm/runtime/create_context.h"

namespace edgy::runtime {

/// Makes the operation of an operator. Fails with kUnsupportedModel, naming the operator, if this
/// runtime cannot run it with these types or options, and with kOutOfMemory if its weights exceed
/// the limit.
NewOperation make_operation(const CreateContext& context);

// One function for each family; the operator's options choose within it.
NewOperation make_conv(const CreateContext& context);    ///< Conv2D, Dense
NewOperation make_matmul(const CreateContext& context);  ///< MatMul
NewOperation make_pool(const CreateContext& context);    ///< Pool2D
NewOperation make_unary(const CreateContext& context);
NewOperation make_binary(const CreateContext& context);
NewOperation make_quantize(const CreateContext& context);
NewOperation make_dequantize(const CreateContext& context);
NewOperation make_transpose(const CreateContext& context);
NewOperation make_reshape(const CreateContext& context);
NewOperation make_concat(const CreateContext& context);
NewOperation make_slice(const CreateContext& context);
NewOperation make_pad(const CreateContext& context);
NewOperation make_gather(const CreateContext& context);
NewOperation make_softmax(const CreateContext& context);
NewOperation make_layer_norm(const CreateContext& context);
NewOperation make_reduce(const CreateContext& context);
NewOperation make_arg_reduce(const CreateContext& context);
NewOperation make_nearest_code(const CreateContext& context);
NewOperation make_recurrent(const CreateContext& context);  ///< Lstm, Gru

}  // namespace edgy::runtime
