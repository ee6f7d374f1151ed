// What can go wrong with a model or a run, as a value: the runtime is built without exceptions.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace edgy {

/// Kinds of failure a caller may want to tell apart. The names reach JavaScript as
/// `EdgyError.code`.
enum class ErrorCode {
  kInvalidModel,      ///< the bytes are not a well-formed .edgy model
  kUnsupportedModel,  ///< well-formed, but of a version, feature or operator this runtime does not
                      ///< know
  kInvalidArgument,   ///< an option or name that does not exist or is out of range
  kInvalidInput,      ///< a fed tensor of the wrong name, type or shape
  kOutOfMemory,       ///< the plan needs more memory than there is, or than the limit allows
  kTooMuchWork,       ///< a run would take more multiplications than the limit allows
  kInternal,          ///< a defect of Edgy's own
};

/// "invalid-model", "unsupported-model", ... : stable, for programs.
const char* to_string(ErrorCode code);

/// A failure: what was wrong and what would be right, in one sentence for people.
struct Error {
  ErrorCode code;
  std::string message;
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace edgy
