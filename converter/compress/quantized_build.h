// Assembles the int8 model once all choices are made.
#pragma once

#include <map>
#include <vector>

#include "converter/compress/calibration.h"
#include "converter/compress/layers.h"
#include "converter/compress/options.h"

namespace edgy::converter {

/// Weights of one layer as integers.
struct QuantizedWeights {
  std::vector<int8_t> values;  ///< [out][...], as the layer's weights
  std::vector<float> scale;    ///< one an output channel
};

/// What was decided for a layer.
struct LayerChoice {
  bool quantized = true;     ///< false: stays float32
  int activation_bits = 7;   ///< of its input
  QuantizedWeights weights;  ///< empty: rounded to nearest when the model is built
  std::vector<float> bias;   ///< of these weights; empty: the model's, corrected when it is built
};

/// Symmetric, one scale a row, nearest rounding. The scale is the least that clips nothing.
QuantizedWeights round_weights(const std::vector<float>& weights, std::size_t rows);

/// The int8 model of `f32` for `choices` (one per layer of `layers`).
format::fb::ModelT build_quantized(const format::fb::ModelT& f32, const std::vector<Layer>& layers,
                                   const std::vector<LayerChoice>& choices,
                                   const Calibration& calibration, const QuantizeOptions& options);

}  // namespace edgy::converter
