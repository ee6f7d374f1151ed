// Compressed models as ONNX, so that other runtimes can run what was compressed here.
#pragma once

#include <string>
#include <vector>

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

struct OnnxExport {
  std::string bytes;               ///< a serialized ModelProto, opset 17
  std::vector<std::string> notes;  ///< what of the model ONNX has no words for, a line each
};

/// `model` with its integers between QuantizeLinear and DequantizeLinear (signed bytes, weights one
/// scale an output channel, biases int32), zeros and removed channels in place. Weights of 4 bits
/// take a byte each, float16 becomes float32: values are the same. A runtime that computes these
/// operators as ONNX defines them gives every integer that Edgy gives, to within one step (Edgy
/// multiplies int32 sums by one factor where ONNX rounds in between). Throws Error for a model of
/// more than 2 GB.
OnnxExport to_onnx(const format::fb::ModelT& model);

}  // namespace edgy::converter
