// Training as a whole, on made-up speech: it learns, it repeats itself, and dying changes nothing.
#include "converter/private_encoder/trainer.h"

#include <ATen/ATen.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "converter/error.h"
#include "tests/private_encoder/synthetic_speech.h"

namespace edgy::converter::private_encoder {
namespace {

namespace fs = std::filesystem;

struct Killed {};

fs::path scratch(const std::string& name) {
  const fs::path folder =
      fs::temp_directory_path() / ("edgy-private-encoder-" + std::to_string(::getpid())) / name;
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder / "checkpoint.safetensors";
}

void check_same(const Encoder& a, const Encoder& b) {
  CHECK(a.classes() == b.classes());
  const auto first = a.state();
  const auto second = b.state();
  REQUIRE(first.size() == second.size());
  for (const auto& [name, tensor] : first) {
    INFO(name);
    CHECK(at::equal(tensor, second.at(name)));
  }
}

void ignore(const StepReport& /*report*/) {}

TEST_CASE("dying after any step changes nothing", "[private_encoder]") {
  const Speeches speeches = synthetic_speech(3, 9, 3, 1);
  for (const bool nested : {true, false}) {
    Options options = small_options();
    options.merge.nested = nested;
    const std::string name = nested ? "nested" : "own";
    const Training whole = train(speeches, options, {}, ignore);
    TrainingRun run;
    run.checkpoint = scratch(name);
    run.checkpoint_seconds = 0;
    run.report_steps = 1;
    for (const int die_after : {1, 4, 8, 9, 12, 14}) {
      int done = 0;
      // A step is reported before its checkpoint is written: it is lost.
      CHECK_THROWS_AS(train(speeches, options, run,
                            [&](const StepReport& report) {
                              done = report.step + (report.stage == 2 ? options.first.steps : 0);
                              if (done >= die_after)
                                throw Killed();
                            }),
                      Killed);
    }
    const Training broken = train(speeches, options, run, ignore);
    check_same(whole.encoder, broken.encoder);
    CHECK(whole.first.phones == broken.first.phones);
    CHECK(whole.second.labels == broken.second.labels);
    options.seed = 5;
    CHECK_THROWS_AS(train(speeches, options, run, ignore), Error);
  }
}

TEST_CASE("another seed gives another encoder", "[private_encoder]") {
  const Speeches speeches = synthetic_speech(3, 9, 3, 1);
  Options options = small_options();
  options.second.steps = 0;
  const Training a = train(speeches, options, {}, ignore);
  options.seed = 1;
  const Training b = train(speeches, options, {}, ignore);
  CHECK_FALSE(
      at::equal(a.encoder.state().at("conv0.weight"), b.encoder.state().at("conv0.weight")));
}

TEST_CASE("codes learn to say phones, and classes keep words apart", "[private_encoder]") {
  const Speeches speeches = synthetic_speech(3, 18, 4, 2);
  Options options = small_options();
  options.first.steps = 60;
  options.second.steps = 80;
  options.second.label = 2;
  options.optimizer.learning_rate = 1e-2;
  const Training training = train(speeches, options, {}, ignore);
  REQUIRE(training.first.phones);
  CHECK(*training.first.phones > 0.7);
  REQUIRE(training.second.labels);
  CHECK(*training.second.labels > 0.7);
  CHECK(training.encoder.class_count() == 3);
  CHECK(training.encoder.codes() == 4);
  // Silence stays a class of its own.
  for (std::size_t code = 1; code < training.encoder.classes().size(); ++code)
    CHECK(training.encoder.classes()[code] != training.encoder.classes()[0]);
}

TEST_CASE("labels of recordings alone can teach", "[private_encoder]") {
  Speeches speeches = synthetic_speech(2, 18, 0, 3);
  speeches.corpora.resize(1);
  speeches.phones.clear();
  for (Corpus& corpus : speeches.corpora) {
    for (Speech& speech : corpus.recordings)
      speech.phone.assign(speech.phone.size(), kUnknown);
  }
  for (Speech& speech : speeches.dev)
    speech.phone.assign(speech.phone.size(), kUnknown);
  Options options = small_options();
  options.first.steps = 60;
  options.first.label = 1;
  options.merge.classes = 0;
  options.optimizer.learning_rate = 1e-2;
  const Training training = train(speeches, options, {}, ignore);
  CHECK_FALSE(training.first.phones);
  REQUIRE(training.first.labels);
  CHECK(*training.first.labels > 0.6);
  CHECK(training.encoder.codes() == 6);
}

}  // namespace
}  // namespace edgy::converter::private_encoder
