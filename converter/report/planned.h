// A session for a report: made and planned, within limits, as the model may be anybody's.
#pragma once

#include <cstdint>
#include <optional>

#include "converter/calibration/runner.h"

namespace edgy::converter {

struct PlanRequest {
  uint64_t file_bytes = 0;  ///< of the model; memory is given in proportion to it
  /// Of dynamic axes; 0: 100 (frames: 1 s of sound), or 128 where the model does not take that, as
  /// those do not that halve an image several times. Of a model with a tokenizer it is the tokens
  /// of one text; 0: 100, or as many as it takes.
  int64_t extent = 0;
  std::optional<kernels::Isa> isa = std::nullopt;  ///< as SessionOptions::isa
  uint64_t mebibytes = 0;  ///< of memory at most; 0: in proportion to what was given
};

struct PlannedRunner {
  Runner runner;
  int64_t extent;  ///< of dynamic axes
};

/// Throws Error if the runtime cannot plan the model, or not within the memory.
PlannedRunner planned_runner(const format::fb::ModelT& model, const PlanRequest& request);

}  // namespace edgy::converter
