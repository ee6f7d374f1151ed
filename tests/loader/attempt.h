// Loads a file, whatever is in it, and runs it once.
#pragma once

#include <string>
#include <vector>

#include "wasm/runtime/session/session.h"

namespace edgy::tests {

struct Attempt {
  std::string code;              ///< of the error; "runs" if there was none
  std::string message;           ///< of the error
  std::vector<uint8_t> outputs;  ///< bytes of all outputs, one after the other
};

/// What the tables of hostile models may take: little, so that a refusal is soon there.
runtime::SessionOptions tight_options();

inline constexpr int64_t kUsualExtent = 5;

/// Dynamic extents are `extent`; inputs hold a fixed pattern.
Attempt attempt(std::vector<uint8_t> bytes, runtime::SessionOptions options = tight_options(),
                int64_t extent = kUsualExtent);

/// Shapes of a model's inputs with dynamic extents of `extent`.
std::vector<runtime::Shape> usual_shapes(const runtime::Model& model,
                                         int64_t extent = kUsualExtent);
/// The pattern, in all inputs of a prepared session.
void fill_inputs(runtime::Session& session);

}  // namespace edgy::tests
