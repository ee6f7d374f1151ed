// Values that cross to JavaScript, and their TypeScript declarations (see module.cpp).
#pragma once

#include <emscripten/val.h>

#include <cstdint>
#include <span>
#include <string>

#include "wasm/format/error.h"
#include "wasm/runtime/session/session.h"

namespace edgy::bindings {

EMSCRIPTEN_DECLARE_VAL_TYPE(Bytes)       // Uint8Array on WebAssembly memory
EMSCRIPTEN_DECLARE_VAL_TYPE(MaybeBytes)  // the same, or null
EMSCRIPTEN_DECLARE_VAL_TYPE(ShapeList)   // number[][]
EMSCRIPTEN_DECLARE_VAL_TYPE(Description)
EMSCRIPTEN_DECLARE_VAL_TYPE(Output)
EMSCRIPTEN_DECLARE_VAL_TYPE(Memory)
EMSCRIPTEN_DECLARE_VAL_TYPE(ProfileList)

/// `code` is empty on success, else one of ErrorCode's names.
struct Status {
  std::string code;
  std::string message;
};

Status to_status(const Error& error);

/// A view, not a copy.
emscripten::val to_js(std::span<const uint8_t> bytes);
/// What the model declares, where it comes from, and `isa`.
emscripten::val to_js(const runtime::Model& model, const std::string& isa);
emscripten::val to_js(const runtime::TensorView& tensor);
emscripten::val to_js(const runtime::MemoryUse& use);
emscripten::val to_js(std::span<const runtime::StepProfile> steps);

/// Shapes whose extents are whole numbers from 0 to 2^31 - 1; kInvalidInput otherwise.
Result<std::vector<runtime::Shape>> to_shapes(const emscripten::val& shapes);

}  // namespace edgy::bindings
