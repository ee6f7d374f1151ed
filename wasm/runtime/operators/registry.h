// The operators this runtime runs.
#pragma once

#include "wasm/runtime/operators/create_context.h"

namespace edgy::runtime {

/// Makes the operation of an operator. Fails with kUnsupportedModel, naming the operator, if this
/// runtime cannot run it with these types or options, and with kOutOfMemory if its weights exceed
/// the limit.
NewOperation make_operation(const CreateContext& context);

// make_<family> of every family that the catalog (wasm/format/catalog/operators.inc) names; the
// operator's options choose within it. A family without a definition does not link.
#define EDGY_OPERATOR(type, family, ...) NewOperation make_##family(const CreateContext& context);
#include "wasm/format/catalog/operators.inc"

}  // namespace edgy::runtime
