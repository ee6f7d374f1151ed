// What became of a model in a conversion: for the end of `edgy convert`, and for its --report.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "converter/quantization/float_layers.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// An operator that multiplies with stored weights (Conv2D, Dense, MatMul, Lstm, Gru), as integers.
struct IntegerLayer {
  std::string name;
  std::string kind;  ///< "Conv2D"
  int weight_bits = 8;
  int activation_bits = 7;  ///< of its input
};

struct ConversionSummary {
  uint64_t file_bytes = 0;
  std::string integrity;      ///< of the file: what a session's option `integrity` takes
  uint64_t source_bytes = 0;  ///< of the .onnx file
  std::vector<IntegerLayer> integer_layers;
  std::vector<FloatLayer> float_layers;  ///< operators with weights that stayed float32
  std::map<std::string, int>
      float_kinds;  ///< how many operators without weights compute in float32
  std::map<std::string, int>
      integer_kinds;  ///< the same, on int8 tensors, those that move values among them
  std::vector<FloatLayer>
      float_operators;  ///< without weights, that could be int8 and stayed float32
  std::map<std::string, uint64_t> bytes;  ///< of constants by kind, each counted once
  uint64_t other_bytes = 0;               ///< structure, names, descriptions
  std::vector<std::string> notes;
};

/// Sums up `model`, as package() left it. `reasons`: of layers that quantization left in float32;
/// for others the reason follows from the operator, or is that int8 was not `asked_for`.
/// `float_operators` are the caller's to add.
ConversionSummary summarize(const format::fb::ModelT& model, uint64_t file_bytes,
                            const std::vector<FloatLayer>& reasons, bool asked_for);

nlohmann::ordered_json to_json(const ConversionSummary& summary);

/// Lines of at most 80 columns. Unless `all` of them, as many float layers as fit a screen.
void print(const ConversionSummary& summary, bool all, std::ostream& out);

}  // namespace edgy::converter
