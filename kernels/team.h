// How one call of a kernel is shared among threads. Kernels know of threads only what is said here;
// who has some implements `Team` (wasm/runtime/thread_pool.h).
#pragma once

#include <atomic>
#include <cstdint>

namespace edgy::kernels {

/// Threads that may help.
class Team {
 public:
  Team() = default;
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;
  virtual ~Team() = default;

  /// Calls `work(context)` here and, at the same time, on up to `helpers` other threads; returns
  /// when all of these calls have. Helpers may come late or not at all, so a call must do whatever
  /// no other one has taken (`Shares`).
  virtual void run(int32_t helpers, void (*work)(const void* context), const void* context) = 0;
};

/// Who computes one call of a kernel. Results do not depend on it: no sum is split, and every
/// output has one writer.
struct Threads {
  Team* team = nullptr;  ///< null if `count` is 1
  int32_t count = 1;     ///< at most, the caller included
};

/// The numbers from 0 to `count` - 1; each is taken once.
class Shares {
 public:
  explicit Shares(int64_t count) : count_(count) {}

  /// -1 when none is left.
  int64_t take() {
    const int64_t number = next_.fetch_add(1, std::memory_order_relaxed);
    return number < count_ ? number : -1;
  }

 private:
  std::atomic<int64_t> next_{0};
  int64_t count_;
};

/// Calls `work()` here, and on threads that help.
template <typename Work>
void run_shared(const Threads& threads, const Work& work) {
  if (threads.count <= 1) {
    work();
    return;
  }
  const auto call = [](const void* context) { (*static_cast<const Work*>(context))(); };
  threads.team->run(threads.count - 1, call, &work);
}

}  // namespace edgy::kernels
