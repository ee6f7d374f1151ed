// Compression of a float model on calibration data: int8 quantization, optionally with pruning.
#pragma once

#include <string>
#include <vector>

#include "converter/compression_options.h"
#include "converter/data/dataset.h"
#include "converter/progress.h"
#include "converter/quantization/float_layers.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// What there is to say about a quantization beside the model.
struct QuantizationReport {
  std::vector<FloatLayer> float_layers;     ///< in execution order
  std::vector<FloatLayer> float_operators;  ///< without weights, that could be int8 and are not
  std::vector<std::string> notes;           ///< sentences about single layers
};

/// Returns `f32` (all activations float, channels-last, as lowering makes it) as an int8 model:
/// Quantize at the borders, Conv2D and Dense with int8 weights (symmetric, one scale per output
/// channel), int32 bias and int8 activations (asymmetric, one scale per tensor). Operators without
/// an int8 form stay float between Dequantize and Quantize. With `options.pruning` weights are
/// pruned and reconstructed together with quantization; converter/export stores their zeros away.
/// Metadata.calibration records what was seen and chosen. Deterministic for equal arguments.
/// Layers that can not be quantized, or whose damage is too great, stay float32 and are listed in
/// `report`. Throws Error when there is no sample, a sample does not run, sample or weights hold
/// NaN or infinities, or an option contradicts the model.
format::fb::ModelT quantize(const format::fb::ModelT& f32, CalibrationSource& calibration,
                            const QuantizeOptions& options, Progress& progress,
                            QuantizationReport& report);
format::fb::ModelT quantize(const format::fb::ModelT& f32, CalibrationSource& calibration,
                            const QuantizeOptions& options, Progress& progress);

}  // namespace edgy::converter
