// The converter's loops on all cores.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "converter/parallel.h"

namespace edgy::converter {
namespace {

TEST_CASE("parallel: every index once, by a worker that there is", "[threads]") {
  for (const int64_t count : {0, 1, 2, 3, 7, 1000}) {
    CAPTURE(count);
    // Not atomic: pieces have their results for themselves.
    std::vector<int> calls(static_cast<std::size_t>(count), 0);
    std::vector<int64_t> by(static_cast<std::size_t>(count), -1);
    parallel_for(count, [&](int64_t index, int64_t worker) {
      calls[static_cast<std::size_t>(index)]++;
      by[static_cast<std::size_t>(index)] = worker;
    });
    CHECK(calls == std::vector<int>(static_cast<std::size_t>(count), 1));
    for (const int64_t worker : by)
      CHECK((worker >= 0 && worker < worker_count()));
  }
}

TEST_CASE("parallel: what workers keep for themselves is nobody else's", "[threads]") {
  std::vector<int64_t> sums(static_cast<std::size_t>(worker_count()), 0);
  parallel_for(10'000, [&](int64_t index, int64_t worker) {
    sums[static_cast<std::size_t>(worker)] += index;
  });
  CHECK(std::accumulate(sums.begin(), sums.end(), int64_t{0}) == 9999 * 10'000 / 2);
}

TEST_CASE("parallel: results are there when it returns", "[threads]") {
  for (int round = 0; round < 200; ++round) {
    std::vector<int> values(64, 0);
    parallel_for(64, [&](int64_t index) { values[static_cast<std::size_t>(index)] = round; });
    REQUIRE(values == std::vector<int>(64, round));
  }
}

TEST_CASE("parallel: an exception ends the rest and comes out; the next loop is whole",
          "[threads]") {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int64_t> begun = 0;
    const auto loop = [&] {
      parallel_for(1'000'000, [&](int64_t index) {
        begun++;
        if (index == 17)
          throw std::runtime_error("index 17");
      });
    };
    CHECK_THROWS_MATCHES(loop(), std::runtime_error, Catch::Matchers::Message("index 17"));
    CHECK(begun < 1'000'000);
  }
  CHECK_THROWS_AS(parallel_for(100, [](int64_t) { throw std::runtime_error("each"); }),
                  std::runtime_error);
  std::atomic<int64_t> calls = 0;
  parallel_for(100, [&](int64_t) { calls++; });
  CHECK(calls == 100);
}

TEST_CASE("parallel: loops within loops", "[threads]") {
  std::vector<int64_t> sums(8, 0);
  parallel_for(8, [&](int64_t outer) {
    std::vector<int64_t> parts(16, 0);
    parallel_for(16,
                 [&](int64_t inner) { parts[static_cast<std::size_t>(inner)] = outer * inner; });
    sums[static_cast<std::size_t>(outer)] = std::accumulate(parts.begin(), parts.end(), int64_t{0});
  });
  for (int64_t outer = 0; outer < 8; ++outer)
    CHECK(sums[static_cast<std::size_t>(outer)] == outer * 120);
}

}  // namespace
}  // namespace edgy::converter
