// Memory that cannot be had, as a value.
#pragma once

#include <cstddef>

#include "wasm/format/error.h"

#ifdef __cpp_exceptions
#include <new>
#include <stdexcept>
#endif

namespace edgy {

/// What `work` returns, a Result; where `new` throws (natively), its failure as kOutOfMemory.
/// WebAssembly has no exceptions: what may be large is asked for there before (`can_allocate`).
template <typename Work>
auto with_typed_failures(const Work& work) -> decltype(work()) {
#ifdef __cpp_exceptions
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "out of memory");  // short: takes no memory itself
  } catch (const std::length_error&) {
    return fail(ErrorCode::kOutOfMemory, "out of memory");
  }
#else
  return work();
#endif
}

/// Whether a block of this size can be had now.
bool can_allocate(std::size_t bytes);

}  // namespace edgy
