#include "wasm/runtime/thread_pool.h"

#if !defined(__EMSCRIPTEN__) || defined(__EMSCRIPTEN_PTHREADS__)
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace edgy::runtime {
namespace {

using Clock = std::chrono::steady_clock;

// How long a helper spins before it sleeps: about what waking it costs (measured, docs/kernels.md).
// Then spinning and sleeping together never cost more than twice what the better of the two would
// have.
constexpr std::chrono::microseconds kSpin(150);
// Looks between two at the clock, which costs more than they do.
constexpr int kLooks = 64;

void let_others_run() {
#if !defined(__EMSCRIPTEN__)  // a browser has no such call
  std::this_thread::yield();
#endif
}

// Work is announced by a number, `offer_`, that differs from all before; 0 is none. A helper first
// counts itself in (`inside_`) and then looks whether the offer still stands; the caller first
// takes the offer back and then waits until nobody is inside. As both orders are sequentially
// consistent, either the helper sees that it came too late, or the caller waits for it.
class Pool final : public ThreadPool {
 public:
  explicit Pool(int32_t helpers) {
    threads_.reserve(static_cast<std::size_t>(helpers));
    for (int32_t i = 0; i < helpers && start(); i++) {
    }
  }

  int32_t helpers() const override { return static_cast<int32_t>(threads_.size()); }

  ~Pool() override {
    stop_.store(true);
    knock();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

  void run(int32_t helpers, void (*work)(const void*), const void* context) override {
    work_ = work;
    context_ = context;
    places_.store(helpers, std::memory_order_relaxed);
    last_offer_ = last_offer_ == UINT32_MAX ? 1 : last_offer_ + 1;
    offer_.store(last_offer_);
    wake();
    work(context);
    offer_.store(0);
    for (int look = 1; inside_.load() != 0; look++) {
      if (look % kLooks == 0) {
        let_others_run();
      }
    }
  }

  void wake() override {
    if (sleeping_.load()) {
      knock();
    }
  }

 private:
  /// False if the machine has no more threads or memory for one. In WebAssembly there are as many
  /// as the module was made with.
  bool start() {
    const auto work = [this] { help(); };
#ifdef __cpp_exceptions
    try {
      threads_.emplace_back(work);
    } catch (const std::system_error&) {
      return false;
    }
#else
    threads_.emplace_back(work);
#endif
    return true;
  }

  void knock() {
    const std::lock_guard lock(mutex_);
    sleeping_.store(false);
    knocks_++;
    knocked_.notify_all();
  }

  void help() {
    for (uint32_t done = 0; !stop_.load();) {
      const uint32_t offer = next_offer(done);
      if (offer == 0) {
        sleep(done);
        continue;
      }
      inside_.fetch_add(1);
      done = offer_.load();
      if (done != 0 && places_.fetch_sub(1, std::memory_order_relaxed) > 0) {
        work_(context_);
      }
      inside_.fetch_sub(1);
      done = done == 0 ? offer : done;
    }
  }

  /// Another offer than `done`; 0 if there was none for a while.
  uint32_t next_offer(uint32_t done) const {
    for (const Clock::time_point start = Clock::now(); Clock::now() - start < kSpin;) {
      for (int look = 0; look < kLooks; look++) {
        const uint32_t offer = offer_.load(std::memory_order_relaxed);
        if (offer != 0 && offer != done) {
          return offer;
        }
      }
      if (stop_.load(std::memory_order_relaxed)) {
        return 0;
      }
      let_others_run();
    }
    return 0;
  }

  void sleep(uint32_t done) {
    std::unique_lock lock(mutex_);
    const uint32_t heard = knocks_;
    while (knocks_ == heard) {
      sleeping_.store(true);
      // What was announced just before nobody knocks for.
      const uint32_t offer = offer_.load();
      if (stop_.load() || (offer != 0 && offer != done)) {
        return;
      }
      knocked_.wait(lock);
    }
  }

  std::atomic<uint32_t> offer_{0};
  std::atomic<int32_t> inside_{0};
  std::atomic<int32_t> places_{0};  // how many more helpers the offer wants
  void (*work_)(const void*) = nullptr;
  const void* context_ = nullptr;
  uint32_t last_offer_ = 0;

  std::atomic<bool> stop_{false};
  std::atomic<bool> sleeping_{false};  // whether somebody does
  std::mutex mutex_;
  std::condition_variable knocked_;
  uint32_t knocks_ = 0;  // under the mutex
  std::vector<std::thread> threads_;
};

}  // namespace

bool has_threads() {
  return true;
}

std::unique_ptr<ThreadPool> ThreadPool::create(int32_t helpers) {
  return std::make_unique<Pool>(helpers);
}

}  // namespace edgy::runtime

#else

namespace edgy::runtime {

bool has_threads() {
  return false;
}

std::unique_ptr<ThreadPool> ThreadPool::create(int32_t /*helpers*/) {
  return nullptr;
}

}  // namespace edgy::runtime
#endif
