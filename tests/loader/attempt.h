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

/// Dynamic extents are 5; inputs hold a fixed pattern.
Attempt attempt(std::vector<uint8_t> bytes, runtime::SessionOptions options = tight_options());

/// Shapes of a model's inputs with dynamic extents of 5.
std::vector<runtime::Shape> usual_shapes(const runtime::Model& model);
/// The pattern, in all inputs of a prepared session.
void fill_inputs(runtime::Session& session);

}  // namespace edgy::tests
