// Memory that runs out, work that is too much, threads that do not start.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <fstream>

#include "tests/loader/allocations.h"
#include "tests/loader/attempt.h"
#include "tests/loader/hostile_models.h"
#include "tests/loader/operator_models.h"
#include "wasm/runtime/plan/arena.h"
#include "wasm/runtime/thread_pool.h"

namespace edgy::runtime {
namespace {

/// Calls `work` with the first allocation failing, then with the second, ... until none did: each
/// time it must say so.
template <typename Work>
auto with_every_failure(const Work& work) {
  for (std::size_t n = 1;; ++n) {
    auto arguments = work.prepare();
    tests::fail_allocation(n);
    auto result = work.call(arguments);
    const bool failed = tests::allocation_failed();
    tests::fail_allocation(0);
    if (!failed) {
      CHECK(n > 1);
      return result;
    }
    CAPTURE(n);
    REQUIRE_FALSE(result);
    REQUIRE(result.error().code == ErrorCode::kOutOfMemory);
  }
}

template <typename Prepare, typename Call>
struct Work {
  Prepare prepare;
  Call call;
};
template <typename Prepare, typename Call>
Work(Prepare, Call) -> Work<Prepare, Call>;

TEST_CASE("memory: wherever it runs out, the error is typed", "[memory]") {
  for (const tests::OperatorModel& base : tests::operator_models()) {
    CAPTURE(base.name);
    const std::vector<uint8_t> file = tests::bytes_of(base.model);
    const auto model = with_every_failure(
        Work{[&] { return std::vector<uint8_t>(file); },
             [](std::vector<uint8_t>& bytes) { return Model::load(std::move(bytes)); }});
    REQUIRE(model);
    const auto session = with_every_failure(Work{
        [&] { return *model; },
        [](std::shared_ptr<const Model>& loaded) { return Session::create(std::move(loaded)); }});
    REQUIRE(session);
    const auto shapes = tests::usual_shapes(**model);
    const auto ready = with_every_failure(
        Work{[&] { return session->get(); }, [&](Session* s) { return s->prepare(shapes); }});
    REQUIRE(ready);
    tests::fill_inputs(**session);
    CHECK((*session)->run());
  }
}

TEST_CASE("memory: what is kept about a model is a multiple of its tables", "[memory]") {
  double greatest = 0;
  std::vector<tests::HostileModel> bombs;
  tests::add_bombs(bombs);
  for (const tests::HostileModel& row : bombs) {
    CAPTURE(row.name);
    std::vector<uint8_t> bytes = row.bytes;
    const std::size_t before = tests::live_bytes();
    tests::watch_peak();
    const auto model = Model::load(std::move(bytes));
    if (!model)
      continue;
    const auto session = Session::create(*model, tests::tight_options());
    if (!session || !(*session)->prepare(tests::usual_shapes(**model)))
      continue;
    const MemoryUse use = (*session)->memory();
    const double kept = static_cast<double>(tests::peak_bytes() - before - use.arena - use.packed);
    greatest = std::max(greatest, kept / static_cast<double>((*model)->table_bytes()));
  }
  CHECK(greatest <= kBookkeeping);
  CHECK(2 * greatest > kBookkeeping);  // the number is no guess
}

TEST_CASE("plan: 65,000 operators", "[.timing]") {
  std::vector<tests::HostileModel> bombs;
  tests::add_bombs(bombs);
  for (const tests::HostileModel& row : bombs) {
    const auto start = std::chrono::steady_clock::now();
    const tests::Attempt found = tests::attempt(row.bytes);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    WARN(row.name << ": " << found.code << " after " << took.count() << " ms");
  }
}

TEST_CASE("work: a run that would take too much is refused before it begins", "[memory]") {
  tests::ModelBuilder b;
  b.activation("x", DataType::F32, {-1, 16});
  const int w = b.constant("w", DataType::F32, {16, 16});
  const int y = b.activation("y", DataType::F32, {-1, 16});
  b.op(tests::fb::MatMulT(), {0, w}, {y});
  b.model.inputs = {0};
  b.model.outputs = {y};
  const auto model = *Model::load(tests::bytes_of(b.model));
  const auto rows = [](int64_t count) { return std::vector<Shape>{{count, 16}}; };
  const auto free = *Session::create(model);
  CHECK(free->work() == 0);
  REQUIRE(free->prepare(rows(10)));
  const uint64_t work = free->work();
  CHECK(work == 10 * 16 * 16 + 2 * 10 * 16 + 16 * 16);
  SessionOptions options;
  options.work_limit = work;
  const auto session = *Session::create(model, options);
  const auto refused = session->prepare(rows(11));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kTooMuchWork);
  CHECK_FALSE(session->run());
  REQUIRE(session->prepare(rows(10)));
  CHECK(session->run());
}

TEST_CASE("arena: thousands of buffers never overlap while both are alive", "[memory]") {
  uint32_t state = 20261129;
  CAPTURE(state);
  const auto random = [&state](uint32_t limit) {
    state = state * 1664525 + 1013904223;
    return (state >> 8) % limit;
  };
  std::vector<Lifetime> buffers(kMostPairedBuffers + 500);
  for (Lifetime& buffer : buffers) {
    buffer.bytes = random(8) == 0 ? 0 : random(5000);
    buffer.first = static_cast<int32_t>(random(4000));
    buffer.last = buffer.first + static_cast<int32_t>(random(random(50) == 0 ? 3000 : 10));
  }
  const ArenaLayout layout = layout_arena(buffers);
  std::size_t overlaps = 0;
  for (std::size_t a = 0; a < buffers.size(); ++a) {
    REQUIRE(layout.offsets[a] % kArenaAlignment == 0);
    REQUIRE(layout.offsets[a] + buffers[a].bytes <= layout.bytes);
    for (std::size_t b = 0; b < a; ++b) {
      const bool together =
          buffers[a].first <= buffers[b].last && buffers[b].first <= buffers[a].last;
      const bool apart = layout.offsets[a] + buffers[a].bytes <= layout.offsets[b] ||
                         layout.offsets[b] + buffers[b].bytes <= layout.offsets[a];
      overlaps += together && !apart ? 1 : 0;
    }
  }
  CHECK(overlaps == 0);
}

TEST_CASE("arena: a chain of thousands of buffers takes the room of two", "[memory]") {
  std::vector<Lifetime> buffers(kMostPairedBuffers + 1);
  for (std::size_t i = 0; i < buffers.size(); ++i)
    buffers[i] = {1000, static_cast<int32_t>(i), static_cast<int32_t>(i) + 1};
  CHECK(layout_arena(buffers).bytes == 2 * 1024);
}

#if !defined(__SANITIZE_ADDRESS__)  // which maps terabytes
TEST_CASE("threads: where the machine has no more, fewer compute", "[memory]") {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_AS, &before) == 0);
  rlimit tight = before;
  tight.rlim_cur = pages * 4096 + (std::size_t{64} << 20);  // a thread's stack takes 8 MB
  REQUIRE(setrlimit(RLIMIT_AS, &tight) == 0);
  const std::unique_ptr<ThreadPool> pool = ThreadPool::create(kMostThreads - 1);
  REQUIRE(setrlimit(RLIMIT_AS, &before) == 0);
  CHECK(pool->helpers() < kMostThreads - 1);
  std::atomic<int> calls = 0;
  pool->run(
      pool->helpers(),
      [](const void* context) { ++*static_cast<std::atomic<int>*>(const_cast<void*>(context)); },
      &calls);
  CHECK(calls >= 1);
}
#endif

}  // namespace
}  // namespace edgy::runtime
