#include "converter/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace edgy::converter {

int64_t worker_count() {
  return std::max<int64_t>(1, std::thread::hardware_concurrency());
}

void run_parallel(int64_t count, void (*f)(const void* context, int64_t index, int64_t worker),
                  const void* context) {
  std::atomic<int64_t> next = 0;
  std::exception_ptr failure;
  std::mutex failure_lock;
  const auto work = [&](int64_t worker) {
    try {
      for (int64_t index = next++; index < count; index = next++)
        f(context, index, worker);
    } catch (...) {
      next = count;
      const std::lock_guard lock(failure_lock);
      if (!failure)
        failure = std::current_exception();
    }
  };
  std::vector<std::thread> helpers;
  try {
    for (int64_t worker = 1; worker < std::min(worker_count(), count); ++worker)
      helpers.emplace_back(work, worker);
  } catch (const std::system_error&) {
    // The system gives no more threads.
  }
  work(0);
  for (std::thread& helper : helpers)
    helper.join();
  if (failure)
    std::rethrow_exception(failure);
}

}  // namespace edgy::converter
