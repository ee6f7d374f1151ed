// Independent pieces of work on all cores.
#pragma once

#include <cstdint>

namespace edgy::converter {

/// As parallel_for, for a plain function: nothing inline that code compiled for another machine
/// could share.
void run_parallel(int64_t count, void (*f)(const void* context, int64_t index),
                  const void* context);

/// Calls f(0) .. f(count - 1), each once, on as many threads as the machine has cores. Pieces must
/// not touch each other's results. Exceptions must not leave f.
template <typename F>
void parallel_for(int64_t count, const F& f) {
  run_parallel(
      count, [](const void* context, int64_t i) { (*static_cast<const F*>(context))(i); }, &f);
}

}  // namespace edgy::converter
