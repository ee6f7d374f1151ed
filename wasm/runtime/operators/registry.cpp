#include "wasm/runtime/operators/registry.h"

namespace edgy::runtime {

using Options = format::fb::OperatorOptions;

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
