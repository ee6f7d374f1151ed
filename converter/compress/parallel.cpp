#include "converter/compress/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace edgy::converter {

void run_parallel(int64_t count, void (*f)(const void* context, int64_t index),
                  const void* context) {
  std::atomic<int64_t> next{0};
  const auto work = [&] {
    for (int64_t i = next++; i < count; i = next++)
      f(context, i);
  };
  const int64_t cores = std::max<int64_t>(1, std::thread::hardware_concurrency());
  std::vector<std::thread> helpers;
  for (int64_t i = 1; i < std::min(cores, count); ++i)
    helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers)
    helper.join();
}

}  // namespace edgy::converter
