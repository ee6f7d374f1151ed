#include "converter/audit/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace edgy::converter {

std::size_t worker_count() {
  return std::max(1U, std::thread::hardware_concurrency());
}

void parallel_for(std::size_t items, const std::function<void(std::size_t, std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::exception_ptr failure;
  std::mutex failure_lock;
  const auto run = [&](std::size_t worker) {
    try {
      for (std::size_t item = next++; item < items; item = next++)
        work(item, worker);
    } catch (...) {
      next = items;
      const std::lock_guard lock(failure_lock);
      if (!failure)
        failure = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t worker = 1; worker < std::min(items, worker_count()); ++worker)
    threads.emplace_back(run, worker);
  run(0);
  for (std::thread& thread : threads)
    thread.join();
  if (failure)
    std::rethrow_exception(failure);
}

}  // namespace edgy::converter
