// Assembles the int8 model once all choices are made.
#pragma once

#include <limits>
#include <map>
#include <vector>

#include "converter/calibration/calibration.h"
#include "converter/compression_options.h"
#include "converter/quantization/integer_operators.h"
#include "converter/quantization/integer_sums.h"
#include "converter/quantization/layers.h"

namespace edgy::converter {

/// What was decided for a layer.
struct LayerChoice {
  bool quantized = true;     ///< false: stays float32
  int activation_bits = 7;   ///< of its input
  int weight_bits = 8;       ///< 2..8; used where `weights` is empty
  QuantizedWeights weights;  ///< empty: rounded to nearest when the model is built
  std::vector<float> bias;   ///< of these weights; empty: the model's, corrected when it is built
};

/// Symmetric, one scale a row, nearest rounding. With 8 bits the scale is the least that clips
/// nothing; with fewer, the one with the least squared error of a row, clipped or not. No scale is
/// below `least_scale`, a normal number; that of a row of zeros is 1 or more.
QuantizedWeights round_weights(const std::vector<float>& weights, std::size_t rows, int bits = 8,
                               float least_scale = std::numeric_limits<float>::min());

/// The int8 model of `f32` for `choices` (one per layer of `layers`). Scales of weights are adapted
/// to the biases (fit_sums). `operators`, of integer_candidates, become int8 as well, with 8 bits
/// for what no layer reads; `calibration` knows their tensors. Throws Error naming a layer whose
/// sums do not fit 32 bits.
format::fb::ModelT build_quantized(const format::fb::ModelT& f32, const std::vector<Layer>& layers,
                                   const std::vector<LayerChoice>& choices,
                                   const Calibration& calibration, const QuantizeOptions& options,
                                   const OperatorSet& operators = {});

}  // namespace edgy::converter
