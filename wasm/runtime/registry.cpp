#include "wasm/runtime/registry.h"

namespace edgy::runtime {
namespace {

using Options = format::fb::OperatorOptions;

struct Entry {
  Options type;
  NewOperation (*make)(const CreateContext& context);
};

constexpr Entry kEntries[] = {
    {Options::Conv2D, make_conv},
    {Options::Dense, make_conv},
    {Options::MatMul, make_matmul},
    {Options::Pool2D, make_pool},
    {Options::Unary, make_unary},
    {Options::Binary, make_binary},
    {Options::Quantize, make_quantize},
    {Options::Dequantize, make_dequantize},
    {Options::Transpose, make_transpose},
    {Options::Reshape, make_reshape},
    {Options::Concat, make_concat},
    {Options::Slice, make_slice},
    {Options::Pad, make_pad},
    {Options::Gather, make_gather},
    {Options::Softmax, make_softmax},
    {Options::Reduce, make_reduce},
    {Options::ArgReduce, make_arg_reduce},
    {Options::LayerNorm, make_layer_norm},
    {Options::NearestCode, make_nearest_code},
    {Options::Lstm, make_recurrent},
    {Options::Gru, make_recurrent},
};

}  // namespace

NewOperation make_operation(const CreateContext& context) {
  for (uint32_t i = 0; i < context.op().inputs()->size(); i++) {
    const bool sparse =
        context.is_constant(i) && context.input(i).encoding() != format::fb::Encoding::Dense;
    const bool is_weight = i == 1 && (context.op().options_type() == Options::Conv2D ||
                                      context.op().options_type() == Options::Dense);
    if (sparse && !is_weight) {
      return context.unsupported("only the weights of Conv2D and Dense may be stored sparse");
    }
  }
  for (const Entry& entry : kEntries) {
    if (entry.type == context.op().options_type()) {
      return entry.make(context);
    }
  }
  return context.unsupported("this runtime does not know it: update the runtime");
}

}  // namespace edgy::runtime
