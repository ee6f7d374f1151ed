// Which operators without weights become int8: those that cost the outputs little, by measurement.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "converter/progress.h"
#include "converter/quantization/float_layers.h"
#include "converter/quantization/integer_operators.h"
#include "converter/quantization/quantized_build.h"

namespace edgy::converter {

/// An operator that could be int8.
struct IntegerOperator {
  std::string name;
  std::string kind;  ///< "Unary"
  /// Of the outputs' SQNR by it and the operators that it gives integers to and takes them from;
  /// measured only where all candidates together cost too much.
  std::optional<double> loss_db;
  bool is_integer = false;
};

struct IntegerChoice {
  OperatorSet operators;                    ///< of the float model, that become int8
  std::vector<IntegerOperator> candidates;  ///< in execution order
  std::vector<FloatLayer> left_layers;      ///< recurrent candidates that stay float32, and why
  std::vector<FloatLayer> left;             ///< the other candidates that stay float32
  double loss_db = 0;                       ///< by all that become int8, together
};

/// Measures, on `samples`, what int8 in the candidates between the layers of `choices` costs the
/// outputs of the whole int8 model: all together first; if that is more than
/// `options.max_integer_loss_db`, islands of operators that hand integers to each other one by one,
/// and then as many as stay within it, the least costly first. Under a budget in bytes only what
/// fits it.
IntegerChoice choose_integer_operators(const format::fb::ModelT& f32,
                                       const std::vector<Layer>& layers,
                                       const std::vector<LayerChoice>& choices,
                                       const Calibration& calibration,
                                       const std::vector<Sample>& samples,
                                       const QuantizeOptions& options, Progress& progress);

}  // namespace edgy::converter
