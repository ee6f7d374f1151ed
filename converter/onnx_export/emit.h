// An operator of the format as ONNX's.
#pragma once

#include "converter/onnx_export/writer.h"

namespace edgy::converter::onnx_export {

// One function an operator of the catalog: without it, to_onnx does not compile.
#define EDGY_OPERATOR(type, ...) \
  void emit(Writer& writer, const format::fb::OperatorT& op, const format::fb::type##T& options);
#include "wasm/format/catalog/operators.inc"

/// The tensor of input `i`, or -1 where it is absent.
int input_of(const format::fb::OperatorT& op, std::size_t i);
/// The tensor of output `i`, or -1.
int output_of(const format::fb::OperatorT& op, std::size_t i);

}  // namespace edgy::converter::onnx_export
