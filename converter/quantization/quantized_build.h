// Assembles the int8 model once all choices are made.
#pragma once

#include <map>
#include <vector>

#include "converter/calibration/calibration.h"
#include "converter/compression_options.h"
#include "converter/quantization/layers.h"

namespace edgy::converter {

/// Weights of one layer as integers.
struct QuantizedWeights {
  std::vector<int8_t> values;  ///< [out][...], as the layer's weights
  std::vector<float> scale;    ///< one an output channel
  int bits = 8;                ///< values lie in -greatest_weight(bits) .. greatest_weight(bits)
};

/// Greatest magnitude of a weight of 2 to 8 bits: 127 for 8.
constexpr int greatest_weight(int bits) {
  return (1 << (bits - 1)) - 1;
}

/// What was decided for a layer.
struct LayerChoice {
  bool quantized = true;     ///< false: stays float32
  int activation_bits = 7;   ///< of its input
  int weight_bits = 8;       ///< 2..8; used where `weights` is empty
  QuantizedWeights weights;  ///< empty: rounded to nearest when the model is built
  std::vector<float> bias;   ///< of these weights; empty: the model's, corrected when it is built
};

/// Symmetric, one scale a row, nearest rounding. With 8 bits the scale is the least that clips
/// nothing; with fewer, the one with the least squared error of a row, clipped or not.
QuantizedWeights round_weights(const std::vector<float>& weights, std::size_t rows, int bits = 8);

/// The int8 model of `f32` for `choices` (one per layer of `layers`).
format::fb::ModelT build_quantized(const format::fb::ModelT& f32, const std::vector<Layer>& layers,
                                   const std::vector<LayerChoice>& choices,
                                   const Calibration& calibration, const QuantizeOptions& options);

}  // namespace edgy::converter
