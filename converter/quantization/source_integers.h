// Models that were quantized before they came: their integers, scales and zero points as they are.
#pragma once

#include <vector>

#include "converter/quantization/float_layers.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// What became of a quantized model.
struct SourceIntegers {
  int integer_layers = 0;  ///< convolutions and dense layers that compute with the model's integers
  /// Layers that have integer weights or inputs in the model and compute in float32 all the same.
  std::vector<FloatLayer> float_layers;
  /// Whether the model has scales of its own: on layers, or between operators that have no weights.
  bool is_quantized = false;
};

/// Turns `model`, as lowering makes it of a quantized source (Quantize and Dequantize around float
/// layers, weights in float32 with the grid they lie on), into an int8 model: a layer between
/// Dequantize and Quantize whose weights are symmetric takes int8 and gives it, with the very
/// scales of the source (but for channels that are all zero, whose scale their bias chooses) and a
/// bias in int32; one that is followed by no Quantize gives float32. What is left of Dequantize and
/// Quantize that cancel out is removed. A model without any stays as it is.
SourceIntegers keep_source_integers(format::fb::ModelT& model);

}  // namespace edgy::converter
