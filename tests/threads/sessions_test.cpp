// Sessions with helpers, and sessions beside each other: on a model that they share, and on models
// of their own.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/loader/attempt.h"
#include "tests/loader/operator_models.h"

namespace edgy {
namespace {

using runtime::Model;
using runtime::Session;
using runtime::SessionOptions;
using tests::ModelBuilder;
using Type = tests::fb::DataType;
namespace fb = tests::fb;

/// Three int8 convolutions, large enough for all helpers to have something to do.
std::vector<uint8_t> wide_model() {
  constexpr int32_t kChannels = 64;
  ModelBuilder b;
  b.activation("x", Type::F32, {1, -1, kChannels});
  int x = b.activation("q", Type::I8, {1, -1, kChannels});
  b.quantize(x, {0.05F}, 3);
  b.op(fb::QuantizeT(), {0}, {x});
  for (int32_t layer = 0; layer < 3; ++layer) {
    const std::string number = std::to_string(layer);
    const int w = b.constant("w" + number, Type::I8, {kChannels, 1, 3, kChannels});
    b.quantize(w, {0.01F});
    const int y = b.activation("y" + number, Type::I8, {1, -1, kChannels});
    b.quantize(y, {0.5F}, 1);
    fb::Conv2DT conv;
    conv.pad_left = conv.pad_right = 1;
    b.op(conv, {x, w}, {y});
    x = y;
  }
  b.model.inputs = {0};
  b.model.outputs = {x};
  return tests::bytes_of(b.model);
}

std::vector<uint8_t> answer(Session& session, int64_t extent) {
  if (!session.prepare(tests::usual_shapes(session.model(), extent)))
    return {};
  tests::fill_inputs(session);
  if (!session.run())
    return {};
  const auto data = session.output(0).data;
  return {data.begin(), data.end()};
}

SessionOptions with_threads(int32_t threads) {
  SessionOptions options;
  options.threads = threads;
  return options;
}

TEST_CASE("threads: a session gives the same bits on 1 to 4", "[threads]") {
  const auto model = *Model::load(wide_model());
  const auto alone = *Session::create(model);
  const auto expected = [&](int64_t extent) { return answer(*alone, extent); };
  for (int32_t threads = 2; threads <= 4; ++threads) {
    const auto session = *Session::create(model, with_threads(threads));
    for (const int64_t extent : {1, 3, 64, 257, 1000, 64, 2}) {
      CAPTURE(threads, extent);
      const std::vector<uint8_t> found = answer(*session, extent);
      REQUIRE_FALSE(found.empty());
      CHECK(found == expected(extent));
    }
  }
}

TEST_CASE("threads: sessions beside each other, on one model and on each operator's", "[threads]") {
  const auto shared = *Model::load(wide_model());
  const std::vector<uint8_t> wide = answer(**Session::create(shared), 100);
  const auto models = tests::operator_models();
  std::vector<std::vector<uint8_t>> expected;
  for (const tests::OperatorModel& base : models)
    expected.push_back(tests::attempt(tests::bytes_of(base.model)).outputs);
  // Catch2's assertions are for one thread.
  std::vector<int> wrong(3, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 3; ++round) {
        const auto session =
            *Session::create(shared, with_threads(static_cast<int32_t>(1 + t % 2)));
        wrong[t] += answer(*session, 100) == wide ? 0 : 1;
        for (std::size_t i = 0; i < models.size(); ++i) {
          const std::size_t k = (i + t * 7) % models.size();
          const tests::Attempt found = tests::attempt(tests::bytes_of(models[k].model));
          wrong[t] += found.outputs == expected[k] ? 0 : 1;
        }
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(wrong == std::vector<int>(3, 0));
}

TEST_CASE("threads: sessions come and go on threads of their own", "[threads]") {
  const auto shared = *Model::load(wide_model());
  const std::vector<uint8_t> wide = answer(**Session::create(shared), 80);
  for (int round = 0; round < 20; ++round) {
    std::vector<uint8_t> found;
    std::unique_ptr<Session> session = *Session::create(shared, with_threads(3));
    // Made here, run there, ended here: each hands it on whole.
    std::thread other([&] { found = answer(*session, 80); });
    other.join();
    session.reset();
    CHECK(found == wide);
  }
}

}  // namespace
}  // namespace edgy
