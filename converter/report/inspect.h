// What is in a model: a row an operator.
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "converter/report/planned.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

struct OperatorInfo {
  std::string name;
  std::string kind;             ///< "Conv2D"
  std::vector<int32_t> output;  ///< shape of the first output, -1 where dynamic
  std::string type;             ///< of the first output: "I8"
  int weight_bits = 0;          ///< 0: no weights
  int activation_bits = 0;      ///< of the first input if it is quantized
  double density = 1;           ///< share of non-zero weights, or of weights in stored blocks
  uint64_t bytes = 0;           ///< constants as stored
  uint64_t macs = 0;            ///< for dynamic extents of `ModelInfo.extent`
};

struct ModelInfo {
  std::vector<OperatorInfo> operators;
  uint64_t file_bytes = 0;
  std::string integrity;  ///< of the file, as the caller knows it; may be empty
  uint64_t macs = 0;
  int64_t extent = 0;  ///< what stands for every dynamic extent when MACs are counted
};

/// Throws Error if the runtime can not plan the model.
ModelInfo inspect(const format::fb::ModelT& model, const PlanRequest& request);

nlohmann::ordered_json to_json(const ModelInfo& info, const format::fb::ModelT& model);
/// A table of at most 80 columns.
void print(const ModelInfo& info, const format::fb::ModelT& model, std::ostream& out);

}  // namespace edgy::converter
