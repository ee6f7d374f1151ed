// Sessions: what a caller may rely on, by the smallest models that show it.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <vector>

#include "converter/calibration/runner.h"
#include "converter/compress/quantize.h"
#include "converter/data/dataset.h"
#include "converter/models/model_files.h"
#include "tests/loader/allocations.h"
#include "wasm/runtime/session/session.h"

namespace edgy::runtime {
namespace {

using Catch::Matchers::ContainsSubstring;
namespace fb = format::fb;

const std::filesystem::path kData = EDGY_TEST_DATA;

std::vector<uint8_t> float_encoder() {
  static const std::vector<uint8_t> bytes =
      converter::model_bytes(converter::read_model(kData / "models/edgy-256.onnx"));
  return bytes;
}

std::vector<uint8_t> int8_encoder() {
  static const std::vector<uint8_t> bytes = [] {
    const fb::ModelT model = converter::read_model(kData / "models/edgy-256.onnx");
    converter::DatasetOptions options;
    options.split = "train";
    options.limit = 4;
    const auto data = converter::open_dataset(kData / "speech/manifest.csv", model, options);
    converter::SilentProgress progress;
    return converter::model_bytes(converter::quantize(model, *data, {}, progress));
  }();
  return bytes;
}

std::unique_ptr<Session> open(const std::vector<uint8_t>& bytes, SessionOptions options = {}) {
  auto model = Model::load(bytes);
  REQUIRE(model);
  auto session = Session::create(*model, std::move(options));
  REQUIRE(session);
  return std::move(*session);
}

const std::vector<Shape> kOneSecond = {{1, 80, 101}};

/// Runs while every allocation fails: none may be tried.
void run_without_allocating(Session& session) {
  tests::fail_allocation(1);
  const Result<void> ran = session.run();
  const bool allocated = tests::allocation_failed();
  tests::fail_allocation(0);
  REQUIRE(ran);
  CHECK_FALSE(allocated);
  if (!tests::allocations_are_counted())
    WARN("not looked at under ThreadSanitizer: what a run allocates");
}

TEST_CASE("session: a run allocates nothing, in float and in int8", "[session]") {
  for (const auto& bytes : {float_encoder(), int8_encoder()}) {
    const auto session = open(bytes);
    REQUIRE(session->prepare(kOneSecond));
    REQUIRE(session->run());
    run_without_allocating(*session);
  }
}

TEST_CASE("session: an input keeps its values from run to run", "[session]") {
  const auto session = open(int8_encoder());
  REQUIRE(session->prepare(kOneSecond));
  auto* values = reinterpret_cast<float*>(session->input(0).data());
  for (std::size_t i = 0; i < 80 * 101; ++i)
    values[i] = static_cast<float>(i % 23) / 23;
  REQUIRE(session->run());
  const TensorView first = session->output(1);
  const std::vector<uint8_t> codes(first.data.begin(), first.data.end());
  REQUIRE(session->run());
  const TensorView second = session->output(1);
  CHECK(std::vector<uint8_t>(second.data.begin(), second.data.end()) == codes);
}

TEST_CASE("session: a run in two parts gives what a whole one gives", "[session]") {
  for (const auto& bytes : {float_encoder(), int8_encoder()}) {
    const auto session = open(bytes);
    CHECK_FALSE(session->run_first());
    CHECK_FALSE(session->run_rest());
    REQUIRE(session->prepare(kOneSecond));
    const Result<void> early = session->run_rest();
    REQUIRE_FALSE(early);
    CHECK_THAT(early.error().message, ContainsSubstring("run_first"));
    std::fill(session->input(0).begin(), session->input(0).end(), uint8_t{0x3D});
    REQUIRE(session->run());
    std::vector<std::vector<uint8_t>> whole;
    for (std::size_t i = 0; i < 3; ++i)
      whole.emplace_back(session->output(i).data.begin(), session->output(i).data.end());
    std::fill(session->input(0).begin(), session->input(0).end(), uint8_t{0});
    REQUIRE(session->run());
    std::fill(session->input(0).begin(), session->input(0).end(), uint8_t{0x3D});
    REQUIRE(session->run_first());
    REQUIRE(session->run_rest());
    for (std::size_t i = 0; i < 3; ++i) {
      const auto data = session->output(i).data;
      CHECK(std::vector<uint8_t>(data.begin(), data.end()) == whole[i]);
    }
    CHECK_FALSE(session->run_rest());
  }
}

TEST_CASE("session: sessions over one model do not disturb each other", "[session]") {
  const auto model = *Model::load(int8_encoder());
  const auto a = *Session::create(model);
  const auto b = *Session::create(model);
  REQUIRE(a->prepare(kOneSecond));
  const std::vector<Shape> longer = {{1, 80, 205}};
  REQUIRE(b->prepare(longer));
  REQUIRE(a->run());
  const std::vector<uint8_t> alone(a->output(0).data.begin(), a->output(0).data.end());
  std::fill(b->input(0).begin(), b->input(0).end(), uint8_t{0x3F});
  REQUIRE(b->run());
  REQUIRE(a->run());
  CHECK(std::vector<uint8_t>(a->output(0).data.begin(), a->output(0).data.end()) == alone);
}

TEST_CASE("session: threads change no bit, and a run on them allocates nothing", "[session]") {
  for (const auto& bytes : {float_encoder(), int8_encoder()}) {
    std::vector<std::vector<uint8_t>> alone;
    for (int32_t threads = 1; threads <= 4; ++threads) {
      CAPTURE(threads);
      SessionOptions options;
      options.threads = threads;
      const auto session = open(bytes, options);
      REQUIRE(session->prepare(kOneSecond));
      auto* values = reinterpret_cast<float*>(session->input(0).data());
      for (std::size_t i = 0; i < std::size_t{80} * 101; ++i)
        values[i] = static_cast<float>(i % 97) / 97;
      REQUIRE(session->run());
      run_without_allocating(*session);
      for (std::size_t i = 0; i < 3; ++i) {
        const auto data = session->output(i).data;
        const std::vector<uint8_t> output(data.begin(), data.end());
        if (threads == 1)
          alone.push_back(output);
        CHECK(output == alone[i]);
      }
    }
  }
}

TEST_CASE("session: a number of threads that cannot be is refused", "[session]") {
  const auto model = *Model::load(float_encoder());
  for (const int32_t threads : {0, -1, 33}) {
    SessionOptions options;
    options.threads = threads;
    const auto refused = Session::create(model, options);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kInvalidArgument);
    CHECK_THAT(refused.error().message, ContainsSubstring("from 1 to 32"));
  }
}

TEST_CASE("session: calls out of order are answered, not obeyed", "[session]") {
  const auto session = open(float_encoder());
  CHECK(session->input(0).empty());
  CHECK(session->output(0).data.empty());
  const Result<void> early = session->run();
  REQUIRE_FALSE(early);
  CHECK(early.error().code == ErrorCode::kInvalidArgument);
  CHECK_THAT(early.error().message, ContainsSubstring("prepare"));
  REQUIRE(session->prepare(kOneSecond));
  CHECK(session->input(1).empty());
  CHECK(session->output(99).data.empty());
  CHECK_FALSE(session->prepare({}));
}

TEST_CASE("session: packed weights count against the memory limit", "[session]") {
  SessionOptions tiny;
  tiny.memory_limit = 1000;
  const auto refused = Session::create(*Model::load(int8_encoder()), tiny);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kOutOfMemory);
  CHECK_THAT(refused.error().message, ContainsSubstring("memory limit"));
}

TEST_CASE("session: the profile names every kernel and its work", "[session]") {
  SessionOptions options;
  options.profile = true;
  const auto session = open(int8_encoder(), options);
  REQUIRE(session->prepare(kOneSecond));
  REQUIRE(session->run());
  uint64_t macs = 0;
  for (const StepProfile& step : session->profile()) {
    CHECK_FALSE(step.kernel.empty());
    CHECK(step.milliseconds >= 0);
    macs += step.macs;
  }
  CHECK(macs > 50'000'000);  // 101 frames of the 256-channel encoder
}

TEST_CASE("session: the arena is told piece by piece, as it is", "[session]") {
  const auto session = open(int8_encoder());
  CHECK(session->arena().empty());  // nothing is planned yet
  REQUIRE(session->prepare(kOneSecond));
  const std::vector<ArenaPiece> pieces = session->arena();
  const auto steps = static_cast<int32_t>(session->profile().size());
  bool blocks = false;
  for (const ArenaPiece& piece : pieces) {
    CHECK(piece.offset >= 0);
    CHECK(piece.offset + piece.bytes <= static_cast<int64_t>(session->memory().arena));
    CHECK(piece.first <= piece.last);
    CHECK(piece.last <= steps);
    blocks = blocks || piece.layout == "block4";
    for (const ArenaPiece& other : pieces) {
      const bool together = piece.first <= other.last && other.first <= piece.last;
      const bool overlap =
          piece.offset < other.offset + other.bytes && other.offset < piece.offset + piece.bytes;
      CHECK((&piece == &other || !(together && overlap && piece.bytes > 0 && other.bytes > 0)));
    }
  }
  CHECK(blocks);
  CHECK(pieces.size() > 5);
}

}  // namespace
}  // namespace edgy::runtime
