// The float reference beside a compressed model, on the same inputs.
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "converter/calibration/fidelity.h"
#include "converter/calibration/runner.h"
#include "converter/data/dataset.h"
#include "converter/progress.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// How one output agrees with the reference.
struct OutputComparison {
  std::string name;
  Fidelity fidelity;   ///< float outputs
  uint64_t equal = 0;  ///< index outputs: how many are the same
  uint64_t count = 0;  ///< of indices
  bool is_index = false;
  std::vector<double> sample_cosines;  ///< float outputs: of each sample by itself
};

/// How one inner value agrees with the reference tensor of the same name.
struct LayerComparison {
  std::string name;
  Fidelity fidelity;
};

struct Comparison {
  std::string data;
  std::size_t samples = 0;
  std::vector<OutputComparison> outputs;  ///< in the model's order
  std::vector<LayerComparison> layers;    ///< worst first
};

/// Runs both models on every sample of `data`. Inner values are compared where both models have a
/// tensor of that name and size; int8 values as the numbers they stand for. Throws Error when the
/// models' inputs or outputs differ, and where one of them takes more memory than `limits` say.
Comparison compare(const format::fb::ModelT& reference, const format::fb::ModelT& model,
                   CalibrationSource& data, Progress& progress,
                   const runtime::SessionOptions& limits = conversion_options());

nlohmann::ordered_json to_json(const Comparison& comparison);
/// Tables of at most 80 columns.
void print(const Comparison& comparison, std::size_t layers, std::ostream& out);

}  // namespace edgy::converter
