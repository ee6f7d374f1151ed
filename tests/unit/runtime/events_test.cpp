// Events: the rule on codes, and sessions whose outputs hand them out.
#include "wasm/runtime/events.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <random>
#include <vector>

#include "tests/loader/model_builder.h"
#include "wasm/runtime/session/session.h"

namespace edgy::runtime {
namespace {

namespace fb = format::fb;
using Codes = std::vector<int64_t>;

template <typename Code = int64_t>
std::vector<Code> events_of(const std::vector<Code>& codes, const EventRule& rule) {
  std::vector<Code> events(most_events(codes.size(), rule));
  events.resize(collect_events<Code>(codes, rule, events));
  return events;
}

TEST_CASE("events: short runs, silence and repeats go", "[events]") {
  const std::vector<int32_t> silence = {0};
  const EventRule rule = {2, 8, silence};
  CHECK(events_of<>({0, 0, 3, 3, 3, 5, 3, 3, 0, 0, 3, 3, 4, 4}, rule) == Codes{3, 4});
  CHECK(events_of<>({1, 2, 3}, rule).empty());
  CHECK(events_of<>({}, rule).empty());
  // Two halves of a run with a blip between them are two runs, and neither may last.
  CHECK(events_of<>({4, 5, 4}, rule).empty());
  CHECK(events_of<>({4, 4, 5, 4, 4}, rule) == Codes{4});
  CHECK(events_of<>({1, 2, 2, 1}, {1, 8, silence}) == Codes{1, 2, 1});
  CHECK(events_of<>({7, 7, 8, 8, -1, -1, 7, 7, 6, 6}, rule) == Codes{7, 6});
  CHECK(events_of<>({1, 1}, {0, 8, {}}) == Codes{1});
}

TEST_CASE("events: neither pauses nor durations are left", "[events]") {
  const std::vector<int32_t> silence = {0};
  const EventRule rule = {2, 8, silence};
  const Codes quick = {1, 1, 2, 2, 3, 3};
  const Codes slow = {0, 0, 0, 1, 1, 1, 1, 0, 2, 2, 2, 5, 2, 2, 0, 0, 3, 3, 3, 0};
  CHECK(events_of<>(quick, rule) == events_of<>(slow, rule));
}

/// The same by another way: frames that count, then those that differ from the last that counted.
Codes expected_events(const Codes& codes, const EventRule& rule) {
  Codes events;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    std::size_t before = i;
    std::size_t after = i;
    while (before > 0 && codes[before - 1] == codes[i])
      --before;
    while (after + 1 < codes.size() && codes[after + 1] == codes[i])
      ++after;
    const bool silent = std::ranges::count(rule.silence, codes[i]) > 0;
    const bool counts = static_cast<int64_t>(after - before) + 1 >= rule.least_run && !silent &&
                        codes[i] >= 0 && codes[i] < rule.classes;
    if (counts && (events.empty() || events.back() != codes[i]))
      events.push_back(codes[i]);
  }
  return events;
}

TEST_CASE("events: what holds for any codes and rule", "[events]") {
  const uint32_t seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 draw(seed);
  for (int trial = 0; trial < 2000; ++trial) {
    const int64_t classes = 1 + draw() % 12;
    std::vector<int32_t> silence;
    for (int32_t code = 0; code < classes; ++code) {
      if (draw() % 4 == 0)
        silence.push_back(code);
    }
    const EventRule rule = {static_cast<int64_t>(draw() % 5), classes, silence};
    Codes codes;
    const std::size_t length = draw() % 60;
    while (codes.size() < length)
      codes.insert(codes.end(), 1 + draw() % 5, static_cast<int64_t>(draw() % (classes + 2)) - 1);
    const Codes events = events_of<>(codes, rule);
    REQUIRE(events == expected_events(codes, rule));
    REQUIRE(events.size() <= most_events(codes.size(), rule));
    REQUIRE(std::ranges::adjacent_find(events) == events.end());
    const std::vector<int32_t> narrow(codes.begin(), codes.end());
    REQUIRE(std::ranges::equal(events_of<int32_t>(narrow, rule), events));
    // Every frame twice lasts twice as long: the same was said.
    if (rule.least_run <= 1) {
      Codes slower;
      for (const int64_t code : codes)
        slower.insert(slower.end(), 2, code);
      REQUIRE(events_of<>(slower, rule) == events);
    }
  }
}

/// Arg-max over 8 channels as events, and the same codes as they are.
fb::ModelT coder(fb::DataType type = fb::DataType::I64) {
  tests::ModelBuilder b;
  b.activation("x", fb::DataType::F32, {1, -1, 8});
  b.activation("codes", fb::DataType::I64, {1, -1});
  b.activation("events", type, {1, -1});
  b.op(fb::ArgReduceT(), {0}, {1});
  b.tensor(0).dims = {"", "T", ""};
  if (type == fb::DataType::I64) {
    fb::ReshapeT same;
    same.shape = {0, -1};
    b.op(std::move(same), {1}, {2});
  } else {
    b.op(fb::CastT(), {1}, {2});
  }
  b.model.operators[0]->options.AsArgReduce()->kind = fb::ArgKind::Max;
  b.model.inputs = {0};
  b.model.outputs = {1, 2};
  b.model.features = {"events"};
  b.model.metadata = std::make_unique<fb::MetadataT>();
  auto& policies = b.model.metadata->policies;
  policies.push_back(std::make_unique<fb::OutputPolicyT>());
  policies[0]->output = "events";
  policies[0]->level = fb::PrivacyLevel::High;
  policies[0]->events = std::make_unique<fb::EventsT>();
  policies[0]->events->classes = 8;
  policies[0]->events->silence = {0};
  return std::move(b.model);
}

std::unique_ptr<Session> session_of(const fb::ModelT& model, SessionOptions options = {}) {
  auto loaded = Model::load(tests::bytes_of(model));
  REQUIRE(loaded);
  auto session = Session::create(*loaded, std::move(options));
  REQUIRE(session);
  return std::move(*session);
}

Result<void> run(Session& session, const Codes& codes) {
  const std::vector<Shape> shapes = {{1, static_cast<int64_t>(codes.size()), 8}};
  if (auto ready = session.prepare(shapes); !ready)
    return ready;
  auto* x = reinterpret_cast<float*>(session.input(0).data());
  std::fill(x, x + 8 * codes.size(), 0.0F);
  for (std::size_t i = 0; i < codes.size(); ++i)
    x[8 * i + static_cast<std::size_t>(codes[i])] = 1;
  return session.run();
}

template <typename Code = int64_t>
Codes values(const TensorView& view) {
  const auto* first = reinterpret_cast<const Code*>(view.data.data());
  return {first, first + view.data.size() / sizeof(Code)};
}

TEST_CASE("events: a session hands them out in place of the codes", "[events][session]") {
  const auto session = session_of(coder());
  const TensorInfo& declared = session->model().outputs()[1];
  CHECK(declared.shape == Shape{1, -1});
  CHECK(declared.dim_names == std::vector<std::string>{"", "events"});
  CHECK(session->model().outputs()[0].events == nullptr);
  const Codes said = {0, 0, 3, 3, 3, 5, 3, 3, 0, 0, 4, 4};
  REQUIRE(run(*session, said));
  CHECK(session->output(1).shape == Shape{1, 2});
  CHECK(values(session->output(1)) == Codes{3, 4});
  CHECK(values(session->output(0)) == said);
  // Another run of the same length has as many as it has.
  REQUIRE(run(*session, {1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6}));
  CHECK(values(session->output(1)) == Codes{1, 2, 3, 4, 5, 6});
  REQUIRE(run(*session, Codes(12, 0)));
  CHECK(session->output(1).shape == Shape{1, 0});
  CHECK(values(session->output(1)).empty());
}

TEST_CASE("events: nothing of the run before is left in a plan", "[events][session]") {
  const auto session = session_of(coder());
  REQUIRE(run(*session, {1, 1, 2, 2}));
  REQUIRE(session->run_first());
  CHECK(session->output(1).shape == Shape{1, 0});
  REQUIRE(session->run_rest());
  CHECK(values(session->output(1)) == Codes{1, 2});
  const std::vector<Shape> longer = {{1, 6, 8}};
  REQUIRE(session->prepare(longer));
  CHECK(session->output(1).shape == Shape{1, 0});
}

TEST_CASE("events: codes of every type", "[events][session]") {
  const Codes said = {7, 7, 0, 1, 1, 2};
  const auto narrow = session_of(coder(fb::DataType::I32));
  REQUIRE(run(*narrow, said));
  CHECK(values<int32_t>(narrow->output(1)) == Codes{7, 1});
  const auto bytes = session_of(coder(fb::DataType::U8));
  REQUIRE(run(*bytes, said));
  CHECK(values<uint8_t>(bytes->output(1)) == Codes{7, 1});
}

TEST_CASE("events: whoever measures a model gets its codes", "[events][session]") {
  SessionOptions options;
  options.events = false;
  const auto session = session_of(coder(), options);
  const Codes said = {7, 7, 0, 1, 1, 2};
  REQUIRE(run(*session, said));
  CHECK(values(session->output(1)) == said);
}

TEST_CASE("events: an output of fixed length hands out as many as there are", "[events][session]") {
  fb::ModelT model = coder();
  model.tensors[0]->shape = {1, 4, 8};
  model.tensors[1]->shape = {1, 4};
  model.tensors[2]->shape = {1, 4};
  const auto session = session_of(model);
  CHECK(session->model().outputs()[1].shape == Shape{1, -1});
  REQUIRE(run(*session, {1, 1, 2, 3}));
  CHECK(values(session->output(1)) == Codes{1});
}

TEST_CASE("events: their memory and work are counted", "[events][session]") {
  const Codes said(1000, 3);
  const auto session = session_of(coder());
  REQUIRE(run(*session, said));
  SessionOptions codes;
  codes.events = false;
  const auto without = session_of(coder(), codes);
  REQUIRE(run(*without, said));
  const MemoryUse use = session->memory();
  CHECK(use.arena >= without->memory().arena + 500 * sizeof(int64_t));
  CHECK(session->work() == without->work() + said.size());
  SessionOptions tight;
  tight.memory_limit = use.arena + use.packed;
  CHECK(run(*session_of(coder(), tight), said));
  tight.memory_limit -= 1;
  const auto refused = run(*session_of(coder(), tight), said);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kOutOfMemory);
}

}  // namespace
}  // namespace edgy::runtime
