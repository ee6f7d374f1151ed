// How much each layer alone costs the model when it is quantized.
#pragma once

#include <optional>
#include <vector>

#include "converter/progress.h"
#include "converter/quantization/float_layers.h"
#include "converter/quantization/quantized_build.h"

namespace edgy::converter {

/// Least SQNR in dB over the float outputs, those excepted that are looked up by a computed index,
/// of `model` against `reference_outputs` (one list per sample).
double output_sqnr_db(const format::fb::ModelT& model, const std::vector<Sample>& samples,
                      const std::vector<std::vector<Tensor>>& reference_outputs);

/// Outputs of `model` for every sample.
std::vector<std::vector<Tensor>> run_all(const format::fb::ModelT& model,
                                         const std::vector<Sample>& samples);

/// What quantizing one layer and nothing else does to the outputs, in dB.
struct LayerSensitivity {
  double sqnr_db = 0;  ///< not measured where the layer can not be quantized at all
  LayerChoice choice;
  std::optional<FloatLayer> left;  ///< why it stays float32; empty: it does not
};

/// For each layer, quantizes it alone, with the default bits first. A layer below
/// `options.min_layer_sqnr_db` gets 8-bit weights, then 8-bit activations, and stays float32 if it
/// is still below, or if there is an obstacle. Of the others those that cost most get 8-bit
/// activations, until the rest together leave `options.min_output_sqnr_db` of every sample.
std::vector<LayerSensitivity> measure_sensitivity(
    const format::fb::ModelT& f32, const std::vector<Layer>& layers, const Calibration& calibration,
    const std::vector<Sample>& samples, const QuantizeOptions& options, Progress& progress);

}  // namespace edgy::converter
