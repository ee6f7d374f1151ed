// What sharing one call among threads costs: the runtime's pool beside pthreadpool, which XNNPACK
// brings. Decision 43 has the table. Built on demand: ninja fork_join. Prints JSON: microseconds,
// medians of rounds that take turns.
#include <pthreadpool.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <thread>
#include <vector>

#include "kernels/team.h"
#include "wasm/runtime/thread_pool.h"

namespace edgy::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

constexpr int kShares = 8;  // of a layer: a few for each thread, as kernels deal them
constexpr int kRounds = 10;
constexpr int kCalls = 200;

/// Work that only its length matters of. Not a clock: both pools compute the same.
void compute(int64_t turns) {
  uint32_t value = 1;
  for (int64_t i = 0; i < turns; i++) {
    value = value * 1664525 + 1013904223;
    asm volatile("" : "+r"(value));
  }
}

int64_t turns_for(double microseconds) {
  constexpr int64_t kTrial = 10'000'000;
  const auto start = Clock::now();
  compute(kTrial);
  const double taken = Microseconds(Clock::now() - start).count();
  return static_cast<int64_t>(kTrial * microseconds / taken);
}

/// A pause between two calls, awake: what a layer that is not shared takes, or, when it is long,
/// the time between two runs.
void wait(double microseconds) {
  const auto start = Clock::now();
  while (Microseconds(Clock::now() - start).count() < microseconds) {
  }
}

double median(std::vector<double>& times) {
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2),
                   times.end());
  return times[times.size() / 2];
}

using Call = std::function<void()>;

/// The times of `kCalls` calls, each after a pause. The first finds threads that have just started.
void time_calls(const Call& call, double pause, std::vector<double>& times) {
  for (int i = 0; i <= kCalls; i++) {
    wait(pause);
    const auto start = Clock::now();
    call();
    if (i > 0)
      times.push_back(Microseconds(Clock::now() - start).count());
  }
}

void measure(int32_t helpers, double layer, double pause) {
  const int64_t turns = turns_for(layer / kShares);
  std::vector<double> alone;
  std::vector<double> ours;
  std::vector<double> theirs;
  for (int round = 0; round < kRounds; round++) {
    time_calls([&] { compute(turns * kShares); }, pause, alone);
    {
      // One pool at a time: helpers that wait for work take a core from the other's.
      const auto pool = runtime::ThreadPool::create(helpers);
      const auto call = [&] {
        kernels::Shares shares(kShares);
        kernels::run_shared(kernels::Threads{pool.get(), helpers + 1}, [&] {
          while (shares.take() >= 0)
            compute(turns);
        });
      };
      time_calls(call, pause, ours);
    }
    pthreadpool* pool = pthreadpool_create(static_cast<std::size_t>(helpers) + 1);
    const auto task = [](void* context, std::size_t /*index*/) {
      compute(*static_cast<const int64_t*>(context));
    };
    int64_t context = turns;
    time_calls([&] { pthreadpool_parallelize_1d(pool, task, &context, kShares, 0); }, pause,
               theirs);
    pthreadpool_destroy(pool);
  }
  std::printf(
      "  {\"layer_us\": %g, \"pause_us\": %g, \"alone\": %.2f, \"ours\": %.2f, \"pthreadpool\": "
      "%.2f}",
      layer, pause, median(alone), median(ours), median(theirs));
}

}  // namespace
}  // namespace edgy::bench

int main() {
  using namespace edgy;
  const auto helpers = static_cast<int32_t>(std::max(2U, std::thread::hardware_concurrency())) - 1;
  std::printf("[\n");
  const char* separator = "";
  for (const double pause : {2.0, 50.0, 1000.0}) {
    for (const double layer : {10.0, 50.0, 200.0, 1000.0}) {
      std::printf("%s", separator);
      bench::measure(helpers, layer, pause);
      separator = ",\n";
    }
  }
  std::printf("\n]\n");
}
