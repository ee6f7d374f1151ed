// A session for a report: made and planned, within limits, as the model may be anybody's.
#pragma once

#include <cstdint>
#include <optional>

#include "converter/calibration/runner.h"

namespace edgy::converter {

struct PlanRequest {
  uint64_t file_bytes = 0;  ///< of the model; memory is given in proportion to it
  int64_t extent = 100;     ///< of dynamic axes
  std::optional<kernels::Isa> isa = std::nullopt;  ///< as SessionOptions::isa
  uint64_t mebibytes = 0;  ///< of memory at most; 0: in proportion to what was given
};

/// Throws Error if the runtime cannot plan the model, or not within the memory.
Runner planned_runner(const format::fb::ModelT& model, const PlanRequest& request);

}  // namespace edgy::converter
