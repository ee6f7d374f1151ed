// Learning from a manifest's labels.
#include "converter/finetune/samples/labels.h"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fstream>

#include "converter/error.h"
#include "converter/finetune/trainer.h"
#include "tests/finetune/tiny_model.h"

namespace edgy::converter::finetune {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

fs::path manifest(const std::string& text) {
  fs::path file =
      fs::temp_directory_path() / ("edgy-labels-" + std::to_string(::getpid()) + ".csv");
  std::ofstream(file) << text;
  return file;
}

TEST_CASE("labels are the fields of a column, and wrong columns are named", "[finetune]") {
  const fs::path file = manifest(
      "file,word,same,split\na.wav,yes,x,train\nb.wav,no,x,train\nc.wav,,x,train\nd.wav,maybe,x,"
      "test\n");
  const Labels labels = read_labels(file, "word", "train");
  CHECK(labels.classes == std::vector<std::string>{"no", "yes"});
  CHECK(labels.class_of == std::map<std::string, int>{{"a.wav", 1}, {"b.wav", 0}});
  CHECK(read_labels(file, "word", "").classes.size() == 3);
  CHECK_THROWS_MATCHES(
      read_labels(file, "wrod", "train"), Error,
      MessageMatches(ContainsSubstring("'wrod'") && ContainsSubstring("file, word, same, split")));
  CHECK_THROWS_MATCHES(read_labels(file, "same", "train"), Error,
                       MessageMatches(ContainsSubstring("only 'x'")));
  CHECK_THROWS_MATCHES(read_labels(file, "word", "nosuch"), Error,
                       MessageMatches(ContainsSubstring("no label")));
  fs::remove(file);
}

/// Samples of two kinds: the mean of channel 0 tells which. Every third has no label.
struct Example {
  explicit Example(std::size_t count, uint64_t seed, Labels& labels)
      : source(make(count, seed, labels)), crops(source, tiny_model(), 64) {}

  static std::vector<Sample> make(std::size_t count, uint64_t seed, Labels& labels) {
    std::vector<Sample> samples = tiny_samples(count, 32, seed);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      samples[i].name = std::to_string(seed) + "." + std::to_string(i);
      const bool high = i % 2 == 0;
      for (float& value : samples[i].inputs[0].values<float>().subspan(0, 32))
        value += high ? 1.0F : -1.0F;
      if (i % 3 != 2)
        labels.class_of[samples[i].name] = high ? 1 : 0;
    }
    return samples;
  }

  MemorySource source;
  Crops crops;
};

TEST_CASE("a model learns what labels say, with and without its original", "[finetune]") {
  Labels labels{{"low", "high"}, {}};
  const Example train(96, 1, labels);
  const Example dev(24, 2, labels);
  const auto model = tiny_model();
  FinetuneOptions options;
  options.epochs = 12;
  options.learning_rate = 1e-3;
  options.patience = 0;  // codes, which decide beside labels, do not get better from an equal start
  const auto run = [&] {
    return finetune(
        model, model, {&train.crops, &dev.crops, &labels}, {}, options, {},
        [](const StepReport&) {}, [](const Judgement&) {});
  };
  const TrainingResult both = run();
  CHECK(both.judgements.front().label_accuracy < 0.8);  // the classifier knows nothing yet
  CHECK(both.judgements.back().label_accuracy > 0.9);
  options.output_weight = options.code_weight = 0;
  const TrainingResult alone = run();
  CHECK(alone.judgements.back().label_accuracy > 0.9);
  CHECK(alone.best_step > 0);
  CHECK(alone.judgements.back().cosine < both.judgements.back().cosine);
}

TEST_CASE("recordings without a label, and pieces of recordings, teach nothing", "[finetune]") {
  Labels labels{{"low", "high"}, {}};
  const Example train(4, 1, labels);  // two crops of two samples each
  const std::size_t all[] = {0, 1};
  LabelHead head(labels, 6);
  CHECK(head.usable(train.crops) == 3);
  LabelCount count;
  head.judge(torch::zeros({2, 30, 6}), train.crops, all, count);
  CHECK(count.all == 3);
  labels.class_of = {{"other", 0}};
  const LabelHead nothing(labels, 6);
  CHECK_FALSE(nothing.loss(torch::zeros({2, 30, 6}), train.crops, all).defined());
  CHECK_THROWS_MATCHES(nothing.usable(train.crops), Error,
                       MessageMatches(ContainsSubstring("--crop")));
  MemorySource source(tiny_samples(4, 48, 1));
  const Crops pieces(source, tiny_model(), 64);  // 192 positions: samples 0 and 3 lie whole
  REQUIRE(pieces.size() == 3);
  CHECK(pieces.marks(0).size() == 1);
  CHECK(pieces.marks(1).empty());
  CHECK(pieces.marks(2).size() == 1);
  CHECK(pieces.marks(2)[0].start == 16);
}

}  // namespace
}  // namespace edgy::converter::finetune
