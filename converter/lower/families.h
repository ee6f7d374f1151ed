// Lowering of single nodes, one file a family. Every function expects the canonical form
// (passes/canonicalize.h) and throws Error naming the node for what the format cannot express.
#pragma once

#include "converter/lower/context.h"

namespace edgy::converter::lower {

// windows.cpp
void lower_conv(Context& context, const Node& node);
void lower_pool(Context& context, const Node& node);
void lower_global_pool(Context& context, const Node& node);

// linear.cpp
void lower_linear(Context& context, const Node& node);
void lower_matmul(Context& context, const Node& node);
void lower_nearest_code(Context& context, const Node& node);

// elementwise.cpp
void lower_unary(Context& context, const Node& node);
void lower_binary(Context& context, const Node& node);
void lower_batch_norm(Context& context, const Node& node);
void lower_clip(Context& context, const Node& node);
void lower_cast(Context& context, const Node& node);

// movement.cpp
void lower_transpose(Context& context, const Node& node);
void lower_reshape(Context& context, const Node& node);
void lower_squeeze(Context& context, const Node& node);
void lower_concat(Context& context, const Node& node);
void lower_slice(Context& context, const Node& node);
void lower_split(Context& context, const Node& node);
void lower_pad(Context& context, const Node& node);
void lower_gather(Context& context, const Node& node);

// quantize.cpp
void lower_quantize(Context& context, const Node& node);
void lower_dequantize(Context& context, const Node& node);

// reduce.cpp
void lower_reduce(Context& context, const Node& node);
void lower_arg_reduce(Context& context, const Node& node);
void lower_softmax(Context& context, const Node& node);
void lower_layer_norm(Context& context, const Node& node);

// recurrent.cpp
void lower_lstm(Context& context, const Node& node);
void lower_gru(Context& context, const Node& node);

}  // namespace edgy::converter::lower
