// Kernels and sessions on several threads: the same bits as on one.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "kernels/conv_cost/conv_cost.h"
#include "kernels/sparse_conv_int8/sparse_conv_int8.h"
#include "tests/unit/kernels/conv_cases.h"
#include "wasm/runtime/thread_pool.h"

namespace edgy {
namespace {

using kernels::ConvBlocks;
using kernels::Isa;
using kernels::Threads;
using runtime::ThreadPool;
using tests::ConvCase;

constexpr int32_t kMostTested = 4;

/// A team whose members begin together: without it, the caller has often done a small case alone.
class Together final : public kernels::Team {
 public:
  explicit Together(int32_t helpers) : pool_(ThreadPool::create(helpers)) {}

  void run(int32_t helpers, void (*work)(const void*), const void* context) override {
    Meeting meeting = {helpers + 1, 0, work, context};
    pool_->run(helpers, &join, &meeting);
    taken_part_ += meeting.here;
  }
  /// Calls of `work` so far.
  int64_t taken_part() const { return taken_part_; }

 private:
  struct Meeting {
    int32_t wanted;
    mutable std::atomic<int32_t> here;
    void (*work)(const void*);
    const void* context;
  };
  static void join(const void* context) {
    const auto& meeting = *static_cast<const Meeting*>(context);
    ++meeting.here;
    while (meeting.here < meeting.wanted) {
      std::this_thread::yield();
    }
    meeting.work(meeting.context);
  }

  std::unique_ptr<ThreadPool> pool_;
  int64_t taken_part_ = 0;
};

std::vector<int8_t> run_conv(const ConvCase& test, Isa isa, ConvBlocks blocks,
                             const Threads& threads) {
  std::vector<int8_t> data = test.blank_output();
  const kernels::PackedConvWeights weights(test.shape, test.weights, isa, blocks);
  kernels::conv_int8(weights, kernels::conv_offsets(weights, test.input_layout), test.input_layout,
                     test.input.data(), test.quantization(),
                     {test.kind, test.output_layout, data.data()}, threads);
  return data;
}

std::vector<int8_t> run_sparse(const ConvCase& test, Isa isa, const Threads& threads) {
  std::vector<int8_t> data = test.blank_output();
  const kernels::PackedSparseWeights weights(test.shape, test.weights, isa);
  kernels::sparse_conv_int8(weights, kernels::sparse_conv_offsets(weights, test.input_layout),
                            test.input_layout, test.input.data(), test.quantization(),
                            {test.kind, test.output_layout, data.data()}, threads);
  return data;
}

/// Every kernel and form of one case, on as many threads as `threads` says.
void check_case(const ConvCase& test, int bits, const Threads& threads) {
  const std::vector<int8_t> expected = run_conv(test, Isa::kReference, ConvBlocks::kAll, {});
  for (const Isa isa : kernels::available_isas()) {
    if (bits == 8 && isa != Isa::kSimd128) {
      continue;  // relaxed forms want 7 bits
    }
    CAPTURE(kernels::to_string(isa));
    const bool dense = run_conv(test, isa, ConvBlocks::kAll, threads) == expected;
    REQUIRE(dense);
    if (kernels::supports_sparse(test.shape)) {
      const bool blocks = run_conv(test, isa, ConvBlocks::kNonZero4x4, threads) == expected;
      REQUIRE(blocks);
      const bool sparse = run_sparse(test, isa, threads) == expected;
      REQUIRE(sparse);
    }
  }
}

void check_seeds(uint32_t first, uint32_t count, const Threads& threads) {
  constexpr double kDensities[] = {1.0, 0.5, 0.2, 0.1, 0.03, 0.0};
  for (uint32_t seed = first; seed < first + count; ++seed) {
    const int bits = seed % 4 == 3 ? 8 : 7;
    const ConvCase test =
        tests::make_conv_case(seed, bits, kDensities[seed % 6], /*depthwise=*/seed % 10 == 9);
    CAPTURE(seed, threads.count);
    check_case(test, bits, threads);
  }
}

TEST_CASE("convolutions give the same bits on 1 to 4 threads", "[threads]") {
  const uint32_t seed = std::random_device()() % 1'000'000'000;
  INFO("first seed " << seed);
  WARN("random convolutions from seed " << seed);
  for (int32_t count = 1; count <= kMostTested; ++count) {
    const auto pool = ThreadPool::create(count - 1);
    check_seeds(seed + 1000 * static_cast<uint32_t>(count), 250, {pool.get(), count});
  }
}

TEST_CASE("convolutions whose threads begin together give the same bits", "[threads]") {
  for (int32_t count = 2; count <= kMostTested; ++count) {
    Together team(count - 1);
    check_seeds(1000 * static_cast<uint32_t>(count), 60, {&team, count});
    REQUIRE(team.taken_part() > 60 * count);
  }
}

TEST_CASE("every channel is in one part, whatever the weights", "[threads]") {
  // 300 channels: several chunks of rows in one group, and quads that hold nothing.
  ConvCase test = tests::make_conv_case(7, 7, 0.0);
  test.shape = {.in_channels = 8, .out_channels = 300};
  test.input_layout = {.channels = 8, .width = 90};
  test.output_layout = {.channels = 300, .width = 90};
  test.kind = kernels::ConvOutput::Kind::kBlock4;
  test.input.assign(test.input_layout.bytes(), 3);
  test.bias.assign(300, 5);
  test.scale.assign(300, 0.25F);
  Together team(2);
  for (const int32_t stored_channel : {-1, 0, 150, 299}) {
    CAPTURE(stored_channel);
    test.weights.assign(std::size_t{300} * 8, 0);
    if (stored_channel >= 0) {
      test.weights[std::size_t{8} * stored_channel] = 7;
    }
    check_case(test, 7, {&team, 3});
  }
}

TEST_CASE("helpers come when they are awake, when they sleep, and no more than are wanted",
          "[threads]") {
  constexpr int32_t kHelpers = 3;
  const auto pool = ThreadPool::create(kHelpers);
  for (int round = 0; round < 200; ++round) {
    if (round % 20 == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));  // long enough for them to sleep
      if (round % 40 == 0) {
        pool->wake();
      }
    }
    const int32_t wanted = round % (kHelpers + 1);
    std::atomic<int32_t> here = 0;
    const auto work = [&] {
      ++here;
      while (here < wanted + 1) {
        std::this_thread::yield();
      }
    };
    kernels::run_shared({pool.get(), wanted + 1}, work);
    REQUIRE(here == wanted + 1);
  }
}

TEST_CASE("a call without work for helpers does not wait for them", "[threads]") {
  const auto pool = ThreadPool::create(3);
  int64_t sum = 0;
  for (int round = 0; round < 10'000; ++round) {
    kernels::Shares shares(1);
    std::atomic<int64_t> own = 0;
    kernels::run_shared({pool.get(), 4}, [&] {
      for (int32_t share = shares.take(); share >= 0; share = shares.take()) {
        own += 1;
      }
    });
    sum += own;
  }
  REQUIRE(sum == 10'000);
}

TEST_CASE("threads are for layers that gain by them", "[threads]") {
  CHECK(kernels::worthwhile_threads(0, 4) == 1);
  CHECK(kernels::worthwhile_threads(100, 4) == 1);
  CHECK(kernels::worthwhile_threads(1e6, 1) == 1);
  CHECK(kernels::worthwhile_threads(1e6, 2) == 2);
  CHECK(kernels::worthwhile_threads(1e6, 4) == 4);
  CHECK(kernels::worthwhile_threads(5000, 32) < 4);  // a few, not all that there are
}

}  // namespace
}  // namespace edgy
