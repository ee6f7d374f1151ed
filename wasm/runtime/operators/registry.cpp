#include "wasm/runtime/operators/registry.h"

namespace edgy::runtime {

using Options = format::fb::OperatorOptions;

NewOperation make_operation(const CreateContext& context) {
  for (uint32_t i = 0; i < context.op().inputs()->size(); i++) {
    const bool sparse =
        context.is_constant(i) && context.input(i).encoding() != format::fb::Encoding::Dense;
    const Options type = context.op().options_type();
    const bool is_weight =
        i == 1 ? type == Options::Conv2D || type == Options::Dense || type == Options::Lstm
               : i == 2 && type == Options::Lstm;
    if (sparse && !is_weight) {
      return context.unsupported("only weights of Conv2D, Dense and Lstm may be stored sparse");
    }
  }
  switch (context.op().options_type()) {
#define EDGY_OPERATOR(type, family, ...) \
  case Options::type:                    \
    return make_##family(context);
#include "wasm/runtime/operators/selected_operators.inc"
    default:
      return context.unsupported(
          "this runtime was built without it: take one that has it, or update the runtime");
  }
}

}  // namespace edgy::runtime
