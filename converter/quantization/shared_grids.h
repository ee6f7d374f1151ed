// Tensors that must have, or had better have, one quantization.
#pragma once

#include <map>
#include <vector>

#include "converter/calibration/calibration.h"
#include "converter/compression_options.h"
#include "converter/quantization/integer_operators.h"

namespace edgy::converter {

/// Operators that move values have one quantization on both sides. What Concat alone reads gets
/// that of its output, too: it would be rounded to it in any case.
class SharedGrids {
 public:
  /// `operators`: those of `f32` that become int8.
  SharedGrids(const format::fb::ModelT& f32, const OperatorSet& operators);

  /// The tensor that stands for all that share the quantization of `tensor`.
  int of(int tensor) const;
  /// The least range that holds those of all of them, each as calibration chooses it for `bits`.
  Range range(int tensor, const Calibration& calibration, const QuantizeOptions& options,
              int bits) const;

 private:
  void join(int a, int b);

  std::map<int, int> leader_;                  ///< of tensors that share, but for leaders
  std::map<int, std::vector<float>> padding_;  ///< values that Pad puts beside a tensor's
};

}  // namespace edgy::converter
