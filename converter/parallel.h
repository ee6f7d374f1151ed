// Independent pieces of work on all cores.
#pragma once

#include <cstdint>
#include <type_traits>

namespace edgy::converter {

/// Threads that `parallel_for` uses at most: at least 1.
int64_t worker_count();

/// As parallel_for, for a plain function: nothing inline that code compiled for another machine
/// could share.
void run_parallel(int64_t count, void (*f)(const void* context, int64_t index, int64_t worker),
                  const void* context);

/// Calls f(index) or f(index, worker) for every index < count, each once, on as many threads as the
/// machine has cores; `worker` < worker_count() tells which thread calls. Pieces must not touch
/// each other's results. Returns when all are done; the first exception thrown by `f` ends the rest
/// and is thrown again here. Where no further thread can be started, those that run do the work.
template <typename F>
void parallel_for(int64_t count, const F& f) {
  run_parallel(
      count,
      [](const void* context, int64_t index, int64_t worker) {
        const F& call = *static_cast<const F*>(context);
        if constexpr (std::is_invocable_v<const F&, int64_t, int64_t>) {
          call(index, worker);
        } else {
          call(index);
        }
      },
      &f);
}

}  // namespace edgy::converter
