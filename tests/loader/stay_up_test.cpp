// Sessions that run for hours, and many that come and go: memory stays what it was, answers as
// well.
#include <malloc.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <random>
#include <utility>

#include "tests/loader/allocations.h"
#include "tests/loader/attempt.h"
#include "tests/loader/operator_models.h"

namespace edgy {
namespace {

using runtime::Model;
using runtime::Session;

/// EDGY_RUNS=100000 and EDGY_CYCLES=100000 for the whole counts (`make test-long`).
int count_of(const char* variable, int usual) {
  const char* wanted = std::getenv(variable);
  return wanted == nullptr ? usual : std::atoi(wanted);
}

/// Bytes by `operator new`, and by malloc (which XNNPACK calls; 0 under a sanitizer).
std::pair<std::size_t, std::size_t> bytes_in_use() {
  return {tests::live_bytes(), mallinfo2().uordblks};
}

/// Capacities of vectors differ by what came before; what is left behind at each run is soon more.
constexpr std::size_t kSlack = 1 << 11;
constexpr std::size_t kNoise = 1 << 18;  ///< what malloc keeps at hand counts as used

std::vector<uint8_t> answer(Session& session, int64_t extent) {
  if (!session.prepare(tests::usual_shapes(session.model(), extent)))
    return {};
  tests::fill_inputs(session);
  REQUIRE(session.run());
  const auto data = session.output(0).data;
  return {data.begin(), data.end()};
}

TEST_CASE("stay up: runs of changing shapes, memory flat and answers the same", "[stay-up]") {
  const int runs = count_of("EDGY_RUNS", 3000);
  const uint32_t seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto models = tests::operator_models();
  std::vector<std::unique_ptr<Session>> sessions;
  std::vector<std::vector<uint8_t>> expected;
  for (const tests::OperatorModel& base : models) {
    sessions.push_back(*Session::create(*Model::load(tests::bytes_of(base.model))));
    expected.push_back(answer(*sessions.back(), tests::kUsualExtent));
    REQUIRE_FALSE(expected.back().empty());
  }
  constexpr int64_t kMost = 300;
  const auto check_all = [&] {
    for (std::size_t i = 0; i < sessions.size(); ++i) {
      answer(*sessions[i], kMost);  // the largest plan that there was leaves as much behind as all
      CAPTURE(models[i].name);
      CHECK(answer(*sessions[i], tests::kUsualExtent) == expected[i]);
    }
  };
  // Twice: what is kept for the next time is there then.
  check_all();
  check_all();
  const auto before = bytes_in_use();
  std::size_t refused = 0;
  std::size_t ran = 0;
  for (int run = 0; run < runs; ++run) {
    Session& session = *sessions[random() % sessions.size()];
    const auto extent = static_cast<int64_t>(random() % kMost);
    (answer(session, extent).empty() ? refused : ran) += 1;
  }
  check_all();
  const auto after = bytes_in_use();
  CHECK(after.first <= before.first + kSlack);
  CHECK(after.second <= before.second + kNoise);
  CHECK(ran > refused);
}

TEST_CASE("stay up: sessions that come and go leave nothing behind", "[stay-up]") {
  const int cycles = count_of("EDGY_CYCLES", 300);
  const auto models = tests::operator_models();
  const auto cycle = [&](int i) {
    const tests::OperatorModel& base = models[static_cast<std::size_t>(i) % models.size()];
    const auto session = *Session::create(*Model::load(tests::bytes_of(base.model)));
    // Some are never prepared, some never run.
    if (i % 3 != 0)
      REQUIRE(session->prepare(tests::usual_shapes(session->model())));
    if (i % 3 == 2)
      REQUIRE(session->run());
  };
  for (int i = 0; i < 3 * static_cast<int>(models.size()); ++i)
    cycle(i);
  const auto before = bytes_in_use();
  for (int i = 0; i < cycles; ++i)
    cycle(i);
  const auto after = bytes_in_use();
  CHECK(after.first <= before.first + kSlack);
  CHECK(after.second <= before.second + kNoise);
}

}  // namespace
}  // namespace edgy
