#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "converter/audit/codes/grams.h"
#include "converter/audit/command/recognizer_export.h"
#include "converter/error.h"

namespace edgy::converter {
namespace {

constexpr int32_t kCodes = 5;

/// Words are two codes in an order of their own between random ones; `held` is a held-out split.
struct Words {
  std::vector<Recording> recordings;
  std::vector<Representation> representations;

  explicit Words(uint64_t seed, int count = 120) {
    std::mt19937_64 random(seed);
    const std::vector<CodeSequence> words = {{1, 2}, {2, 1}, {3, 4}};
    Representation events;
    events.name = "indices, events";
    events.kind = Kind::kEvents;
    events.codes = kCodes;
    for (int i = 0; i < count; ++i) {
      const std::size_t word = random() % words.size();
      CodeSequence sequence(random() % 3, 0);
      sequence.insert(sequence.end(), words[word].begin(), words[word].end());
      events.sequences.push_back(sequence);
      recordings.push_back({"words/" + std::to_string(i), "somebody", "",
                            "word" + std::to_string(word), i % 3 == 0 ? "test" : "train"});
    }
    representations.push_back(std::move(events));
  }
};

TEST_CASE("grams: all stretches between boundaries, the boundary alone is none", "[recognizer]") {
  const CodeSequence sequence = {1, 2};
  std::vector<Gram> grams = grams_of(sequence, kCodes, 2);
  std::ranges::sort(grams);
  CHECK(grams == std::vector<Gram>{{1}, {1, 2}, {2}, {2, kCodes}, {kCodes, 1}});
  CHECK(grams_of({}, kCodes, 3) == std::vector<Gram>{{kCodes, kCodes}});

  const std::vector<CodeSequence> all = {{1, 2}, {1, 1, 1}, {2}};
  // 1 is in two recordings, as is 2; its beginning and the end of 2 too.
  const auto frequent = frequent_grams(all, kCodes, 2, 3);
  CHECK(frequent == std::vector<Gram>{{1}, {2}, {2, kCodes}});
  const Eigen::RowVectorXd counts = gram_counts(all[1], kCodes, frequent);
  CHECK_THAT(counts[0], Catch::Matchers::WithinAbs(std::log(4), 1e-12));
  CHECK(counts[1] == 0);
}

TEST_CASE("an exported recognizer answers by its formula as it was judged", "[recognizer]") {
  const uint64_t seed = 5;
  CAPTURE(seed);
  const Words words(seed);
  const auto exported = export_recognizer(words.representations, words.recordings, {});
  CHECK(exported.at("representation") == "indices, events");
  CHECK(exported.at("codes") == kCodes);
  const auto classes = exported.at("classes").get<std::vector<std::string>>();
  CHECK(classes == std::vector<std::string>{"word0", "word1", "word2"});
  const auto grams = exported.at("grams").get<std::vector<Gram>>();
  int right = 0;
  int judged = 0;
  for (std::size_t i = 0; i < words.recordings.size(); ++i) {
    if (words.recordings[i].split != "test")
      continue;
    const auto x = gram_counts(words.representations[0].sequences[i], kCodes, grams);
    std::vector<double> scores;
    for (std::size_t c = 0; c < classes.size(); ++c) {
      double sum = 0;
      for (std::size_t f = 0; f < grams.size(); ++f) {
        sum += exported.at("weights").at(c).at(f).get<int>() *
               (x[static_cast<Eigen::Index>(f)] - exported.at("mean").at(f).get<double>()) *
               exported.at("scale").at(f).get<double>();
      }
      scores.push_back(exported.at("bias").at(c).get<double>() +
                       exported.at("step").at(c).get<double>() * sum);
    }
    const auto best = static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
    right += classes[best] == words.recordings[i].label ? 1 : 0;
    ++judged;
  }
  CHECK(exported.at("judged").at("count") == judged);
  CHECK_THAT(exported.at("judged").at("value").get<double>(),
             Catch::Matchers::WithinAbs(static_cast<double>(right) / judged, 1e-12));
  CHECK(right == judged);
}

TEST_CASE("a recognizer never sees what judges it", "[recognizer]") {
  Words words(6);
  // Held-out recordings say something else under the same label: an honest figure is bad.
  for (std::size_t i = 0; i < words.recordings.size(); ++i) {
    if (words.recordings[i].split == "test")
      std::ranges::reverse(words.representations[0].sequences[i]);
  }
  const auto exported = export_recognizer(words.representations, words.recordings, {});
  CHECK(exported.at("judged").at("value").get<double>() < 0.6);
}

TEST_CASE("a recognizer says what it lacks", "[recognizer]") {
  Words words(7, 12);
  auto silent = words.representations;
  silent[0].kind = Kind::kCodes;
  CHECK_THROWS_AS(export_recognizer(silent, words.recordings, {}), Error);
  CHECK_THROWS_AS(export_recognizer({}, words.recordings, {}), Error);
  for (Recording& recording : words.recordings)
    recording.split = "train";
  CHECK_THROWS_AS(export_recognizer(words.representations, words.recordings, {}), Error);
}

}  // namespace
}  // namespace edgy::converter
