#include "wasm/format/error.h"

namespace edgy {

const char* to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidModel:
      return "invalid-model";
    case ErrorCode::kUnsupportedModel:
      return "unsupported-model";
    case ErrorCode::kInvalidArgument:
      return "invalid-argument";
    case ErrorCode::kInvalidInput:
      return "invalid-input";
    case ErrorCode::kOutOfMemory:
      return "out-of-memory";
    case ErrorCode::kTooMuchWork:
      return "too-much-work";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

}  // namespace edgy
