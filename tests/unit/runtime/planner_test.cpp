// The planner: what lies where, what may share memory, and what it refuses.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <random>
#include <vector>

#include "converter/calibration/runner.h"
#include "converter/models/model_files.h"
#include "wasm/runtime/plan/arena.h"
#include "wasm/runtime/plan/layouts.h"
#include "wasm/runtime/session/session.h"

namespace edgy::runtime {
namespace {

using Catch::Matchers::ContainsSubstring;

const std::filesystem::path kModel = std::filesystem::path(EDGY_TEST_DATA) / "models/edgy-256.onnx";

bool alive_together(const Lifetime& a, const Lifetime& b) {
  return a.first <= b.last && b.first <= a.last;
}

std::shared_ptr<const Model> encoder() {
  static const std::shared_ptr<const Model> model =
      *Model::load(converter::model_bytes(converter::read_model(kModel)));
  return model;
}

std::unique_ptr<Session> session_over(std::shared_ptr<const Model> model,
                                      SessionOptions options = {}) {
  auto session = Session::create(std::move(model), std::move(options));
  REQUIRE(session);
  return std::move(*session);
}

Result<void> prepare(Session& session, int64_t frames) {
  const std::vector<Shape> shapes = {{1, 80, frames}};
  return session.prepare(shapes);
}

TEST_CASE("arena: buffers that are alive together never overlap", "[planner]") {
  const unsigned seed = 11;
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    std::vector<Lifetime> buffers(random() % 40);
    for (Lifetime& buffer : buffers) {
      buffer.bytes = random() % 4 == 0 ? random() % 3 : random() % 5000;
      buffer.first = static_cast<int32_t>(random() % 30);
      buffer.last = buffer.first + static_cast<int32_t>(random() % 10);
    }
    const ArenaLayout layout = layout_arena(buffers);
    REQUIRE(layout.offsets.size() == buffers.size());
    for (std::size_t a = 0; a < buffers.size(); ++a) {
      REQUIRE(layout.offsets[a] % kArenaAlignment == 0);
      REQUIRE(layout.offsets[a] + buffers[a].bytes <= layout.bytes);
      for (std::size_t b = 0; b < a; ++b) {
        const bool apart = layout.offsets[a] + buffers[a].bytes <= layout.offsets[b] ||
                           layout.offsets[b] + buffers[b].bytes <= layout.offsets[a];
        REQUIRE((apart || !alive_together(buffers[a], buffers[b])));
      }
    }
  }
}

TEST_CASE("arena: a chain of layers needs two buffers, not one a layer", "[planner]") {
  std::vector<Lifetime> chain;
  for (int32_t step = 0; step < 20; ++step)
    chain.push_back({1024, step, step + 1});
  CHECK(layout_arena(chain).bytes == 2048);
  CHECK(layout_arena({}).bytes == 0);
}

TEST_CASE("layouts: one border serves consumers that differ only in how much they want",
          "[planner]") {
  const Border narrow = {0, 1, 0, 1, 1};
  const Border wide = {0, 3, 0, 2, 1};
  const std::optional<Border> both = joined(narrow, wide);
  REQUIRE(both);
  CHECK(both->left == 3);
  CHECK(both->right == 2);
  CHECK_FALSE(joined(narrow, {0, 1, 0, 1, 2}));  // a stride of two wants its rows split in phases
}

TEST_CASE("plan: the time dimension is free, and memory grows by activations alone", "[planner]") {
  const auto session = session_over(encoder());
  std::vector<std::size_t> arena;
  std::vector<std::size_t> packed;
  for (const int64_t frames : {101, 1001, 10001}) {
    REQUIRE(prepare(*session, frames));
    CHECK(session->output(0).shape == Shape{1, (frames - 2) / 2, 64});
    arena.push_back(session->memory().arena);
    packed.push_back(session->memory().packed);
  }
  CHECK(packed == std::vector<std::size_t>(3, packed[0]));
  const double growth = static_cast<double>(arena[2] - arena[1]);
  CHECK(growth / static_cast<double>(arena[1] - arena[0]) > 9.5);
  CHECK(growth / static_cast<double>(arena[1] - arena[0]) < 10.5);
}

TEST_CASE("plan: going back to a shape gives the same values again", "[planner]") {
  const auto session = session_over(encoder());
  const auto values_at = [&](int64_t frames) {
    REQUIRE(prepare(*session, frames));
    const std::span<uint8_t> input = session->input(0);
    auto* values = reinterpret_cast<float*>(input.data());
    for (std::size_t i = 0; i < input.size() / sizeof(float); ++i)
      values[i] = static_cast<float>(i % 17) / 17;
    REQUIRE(session->run());
    const TensorView z = session->output(0);
    return std::vector<uint8_t>(z.data.begin(), z.data.end());
  };
  const auto first = values_at(60);
  values_at(7);
  values_at(333);
  CHECK(values_at(60) == first);
}

TEST_CASE("plan: what does not fit is refused in words, and the session goes on", "[planner]") {
  SessionOptions small;
  small.memory_limit = std::size_t{24} << 20;
  const auto session = session_over(encoder(), small);
  REQUIRE(prepare(*session, 100));

  const Result<void> too_long = prepare(*session, 1'000'000);
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().code == ErrorCode::kOutOfMemory);
  CHECK_THAT(too_long.error().message, ContainsSubstring("raise the limit"));

  const Result<void> too_short = prepare(*session, 3);
  REQUIRE_FALSE(too_short);
  CHECK(too_short.error().code == ErrorCode::kInvalidInput);
  CHECK_THAT(too_short.error().message, ContainsSubstring("too short"));

  const std::vector<Shape> wrong = {{1, 81, 100}};
  const Result<void> channels = session->prepare(wrong);
  REQUIRE_FALSE(channels);
  CHECK_THAT(channels.error().message, ContainsSubstring("'mel'") && ContainsSubstring("80"));

  CHECK_FALSE(session->run());  // a plan that failed leaves none behind
  REQUIRE(prepare(*session, 100));
  CHECK(session->run());
}

}  // namespace
}  // namespace edgy::runtime
