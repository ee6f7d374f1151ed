// The random convolutions of cases.cpp on several threads, and what it costs to hand work to them.
#include <atomic>
#include <cstdint>
#include <memory>

#include "tests/bench/kernels/cases.h"
#include "wasm/runtime/thread_pool.h"

namespace {

using edgy::runtime::ThreadPool;

std::unique_ptr<ThreadPool> pool;

}  // namespace

/// From now on `threads` compute, this one included.
extern "C" __attribute__((used, visibility("default"))) void start_threads(int32_t threads) {
  pool = ThreadPool::create(threads - 1);
  case_threads = {pool.get(), threads};
}

/// Shares `shares` pieces of no work, `times` times. Returns how many of them helpers took.
extern "C" __attribute__((used, visibility("default"))) int32_t hand_over(int32_t shares,
                                                                          int32_t times) {
  std::atomic<int32_t> taken = 0;
  for (int32_t i = 0; i < times; ++i) {
    edgy::kernels::Shares left(shares);
    static thread_local bool caller = false;
    caller = true;
    edgy::kernels::run_shared(case_threads, [&] {
      while (left.take() >= 0) {
        taken.fetch_add(caller ? 0 : 1, std::memory_order_relaxed);
      }
    });
  }
  return taken;
}

/// Lets all threads meet `times` times: each time work is handed to the helpers and the last one
/// begins before any may end.
extern "C" __attribute__((used, visibility("default"))) void meet(int32_t times) {
  for (int32_t i = 0; i < times; ++i) {
    std::atomic<int32_t> here = 0;
    edgy::kernels::run_shared(case_threads, [&] {
      ++here;
      while (here.load() < case_threads.count) {
      }
    });
  }
}
