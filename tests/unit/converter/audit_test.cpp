#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "converter/audit/attacker.h"
#include "converter/audit/attacker_export.h"
#include "converter/audit/audit.h"
#include "converter/audit/evaluation.h"
#include "converter/audit/representation.h"
#include "converter/audit/verification.h"
#include "converter/error.h"
#include "converter/quantization/float16_storage.h"
#include "tests/unit/converter/encoder_data.h"

namespace edgy::converter {
namespace {

/// Rows of classes 0..classes-1 around centres `distance` apart, unit noise.
Features clusters(std::vector<int>& y, int classes, int rows, int columns, double distance,
                  uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise;
  Features x(rows, columns);
  y.resize(static_cast<std::size_t>(rows));
  for (int i = 0; i < rows; ++i) {
    y[static_cast<std::size_t>(i)] = i % classes;
    for (int c = 0; c < columns; ++c)
      x(i, c) = noise(random) + (c % classes == i % classes ? distance : 0);
  }
  return x;
}

/// Every row is judged by an attacker that was trained on the other folds; each is a unit.
Trial cross_validated(Features x, std::vector<int> y, int classes, int folds) {
  Trial trial;
  for (Eigen::Index i = 0; i < x.rows(); ++i)
    trial.unit.push_back(std::to_string(i));
  trial.fold = folds_by_group(trial.unit, folds);
  trial.judged.assign(y.size(), true);
  trial.x = std::move(x);
  trial.y = std::move(y);
  trial.classes = classes;
  return trial;
}

TEST_CASE("attackers learn what is there and nothing else", "[audit]") {
  for (const bool perceptron : {false, true}) {
    CAPTURE(perceptron);
    const auto make = [&] { return perceptron ? make_perceptron() : make_logistic_regression(); };
    std::vector<int> y;
    const Features told = clusters(y, 4, 200, 12, 4, 1);
    CHECK(judge(cross_validated(told, y, 4, 5), make).value > 0.95);

    const Features untold = clusters(y, 4, 200, 12, 0, 2);
    const Measure guess = judge(cross_validated(untold, y, 4, 5), make);
    CHECK(guess.low < guess.chance);
    CHECK(guess.count == 200);
    CHECK(guess.units == 200);
    CHECK_THAT(guess.chance, Catch::Matchers::WithinAbs(0.25, 1e-12));
  }
}

TEST_CASE("only the perceptron solves exclusive or", "[audit]") {
  std::mt19937_64 random(3);
  std::normal_distribution<double> noise;
  Features x(400, 2);
  std::vector<int> y;
  for (int i = 0; i < 400; ++i) {
    x(i, 0) = noise(random);
    x(i, 1) = noise(random);
    y.push_back((x(i, 0) > 0) != (x(i, 1) > 0));
  }
  Trial trial = cross_validated(x, y, 2, 5);
  for (std::size_t i = 0; i < 400; ++i)
    trial.fold[i] = i < 300 ? Trial::kAlwaysTrained : 0;
  const Measure linear = judge(trial, [] { return make_logistic_regression(); });
  CHECK(linear.count == 100);
  CHECK(linear.value < 0.7);
  CHECK(judge(trial, [] { return make_perceptron(16, 1e-4); }).value > 0.8);
}

TEST_CASE("no row is judged by an attacker that was trained on it", "[audit]") {
  // Remembers the rows it was trained on (their first feature) and is right about no other.
  class Memory final : public Attacker {
   public:
    void fit(const Features& x, std::span<const int> y, int classes) override {
      classes_ = classes;
      for (Eigen::Index i = 0; i < x.rows(); ++i)
        known_[x(i, 0)] = y[static_cast<std::size_t>(i)];
    }
    Eigen::MatrixXd scores(const Features& x) const override {
      Eigen::MatrixXd result = Eigen::MatrixXd::Zero(x.rows(), classes_);
      for (Eigen::Index i = 0; i < x.rows(); ++i) {
        const auto found = known_.find(x(i, 0));
        result(i, found == known_.end() ? 0 : found->second) = 1;
      }
      return result;
    }

   private:
    int classes_ = 0;
    std::map<double, int> known_;
  };
  Features x(40, 1);
  std::vector<int> y;
  for (int i = 0; i < 40; ++i) {
    x(i, 0) = i;
    y.push_back(1 + i % 2);  // class 0, the guess about strangers, is never right
  }
  Trial trial = cross_validated(x, y, 3, 4);
  CHECK(judge(trial, [] { return std::make_unique<Memory>(); }).value == 0);
  // The same memory is right about everything when the judged rows also train: the test can fail.
  Memory cheat;
  cheat.fit(x, y, 3);
  CHECK(cheat.predict(x) == y);

  trial.judged.assign(40, false);
  trial.judged[7] = trial.judged[8] = true;
  CHECK(judge(trial, [] { return std::make_unique<Memory>(); }).count == 2);
}

TEST_CASE("the interval counts voices, not recordings, where voices are judged", "[audit]") {
  std::vector<int> y;
  const Features x = clusters(y, 2, 100, 4, 1, 6);
  Trial trial = cross_validated(x, y, 2, 5);
  const Measure many = judge(trial, [] { return make_logistic_regression(); });
  for (std::size_t i = 0; i < 100; ++i)
    trial.unit[i] = std::to_string(i % 10);
  const Measure few = judge(trial, [] { return make_logistic_regression(); });
  CHECK(few.units == 10);
  CHECK(few.value == many.value);
  CHECK(few.high - few.low > 2 * (many.high - many.low));
  CHECK(few.low > 0);
  CHECK(few.high <= 1);
}

TEST_CASE("differences are paired by row", "[audit]") {
  Measure first;
  Measure second;
  for (int i = 0; i < 100; ++i) {
    first.right.push_back(i < 50);
    second.right.push_back(i < 60);
  }
  const Difference same = difference(first, first);
  CHECK(same.value == 0);
  CHECK(same.low < 0);
  CHECK(same.high > 0);
  const Difference more = difference(first, second);
  CHECK_THAT(more.value, Catch::Matchers::WithinAbs(0.1, 1e-12));
  CHECK(more.low > 0);
  // As many right answers, but others: a wider interval.
  Measure other;
  for (int i = 0; i < 100; ++i)
    other.right.push_back(i >= 40);
  CHECK(difference(first, other).high - difference(first, other).low > 2 * (more.high - more.low));
  const Difference less = difference(second, first);
  CHECK_THAT(less.value, Catch::Matchers::WithinAbs(-0.1, 1e-12));
}

Recording recording(const char* corpus, int number, const char* speaker, const char* sex,
                    const char* split, const char* label = "") {
  return {std::string(corpus) + "/" + speaker + "-" + std::to_string(number) + ".flac", speaker,
          sex, label, split};
}

TEST_CASE("trials judge held-out recordings only, and voices that were never heard", "[audit]") {
  std::vector<Recording> recordings;
  for (int i = 0; i < 6; ++i) {
    for (const char* speaker : {"a", "b"}) {
      recordings.push_back(
          recording("digits", i, speaker, "m", i < 4 ? "train" : "test", i % 2 ? "one" : "two"));
    }
  }
  const char* const readers[] = {"r0", "r1", "r2", "r3", "r4", "r5"};
  for (int i = 0; i < 6; ++i)
    recordings.push_back(recording("books", 0, readers[i], i % 2 ? "f" : "m", "train"));
  for (const char* speaker : {"x", "y"}) {
    for (int i = 0; i < 4; ++i)
      recordings.push_back(
          recording("talks", i, speaker, *speaker == 'x' ? "f" : "m", "attack-test"));
  }
  const AuditOptions options;

  const auto speakers = plan_speaker_trials(recordings, options);
  REQUIRE(speakers.size() == 2);  // each reader of books has one recording: no class
  CHECK(speakers[0].corpus == "digits");
  CHECK_FALSE(speakers[0].seen);
  CHECK(std::ranges::count(speakers[0].trial.judged, true) == 4);
  CHECK(speakers[1].corpus == "talks");
  CHECK(std::ranges::count(speakers[1].trial.judged, true) == 8);

  const auto sexes = plan_sex_trials(recordings, options);
  REQUIRE(sexes.size() == 3);
  CHECK(sexes[0].corpus == "books");
  CHECK(sexes[0].seen);
  CHECK(sexes[1].corpus == "talks");
  CHECK(sexes[2].corpus == "talks < books");
  CHECK_FALSE(sexes[2].seen);
  CHECK(sexes[2].rows.size() == 14);
  CHECK(std::ranges::count(sexes[2].trial.judged, true) == 8);
  for (const TrialPlan& plan : sexes) {
    CAPTURE(plan.corpus);
    for (std::size_t i = 0; i < plan.rows.size(); ++i) {
      for (std::size_t j = 0; j < plan.rows.size(); ++j) {
        if (recordings[plan.rows[i]].speaker == recordings[plan.rows[j]].speaker)
          CHECK(plan.trial.fold[i] == plan.trial.fold[j]);
      }
    }
  }

  const auto content = plan_content_trials(recordings, options);
  REQUIRE(content.size() == 1);
  for (std::size_t i = 0; i < content[0].rows.size(); ++i) {
    CHECK(content[0].trial.judged[i] == (recordings[content[0].rows[i]].split == "test"));
    CHECK(content[0].trial.fold[i] == (content[0].trial.judged[i] ? 0 : Trial::kAlwaysTrained));
  }
}

TEST_CASE("training twice gives the same attacker", "[audit]") {
  std::vector<int> y;
  const Features x = clusters(y, 3, 60, 5, 1, 4);
  const auto first = make_perceptron();
  const auto second = make_perceptron();
  first->fit(x, y, 3);
  second->fit(x, y, 3);
  CHECK(first->scores(x) == second->scores(x));
}

TEST_CASE("an attacker refuses data it cannot learn from", "[audit]") {
  const auto attacker = make_logistic_regression();
  CHECK_THROWS_AS(attacker->fit(Features(0, 3), {}, 2), Error);
  const std::vector<int> y = {0, 0};
  CHECK_THROWS_AS(attacker->fit(Features::Zero(2, 3), y, 1), Error);
}

TEST_CASE("folds keep groups together and do not depend on the order of rows", "[audit]") {
  const std::vector<std::string> groups = {"b", "a", "c", "a", "b", "d"};
  const auto fold = folds_by_group(groups, 2);
  CHECK(fold == std::vector<int>{1, 0, 0, 0, 1, 1});
}

TEST_CASE("equal error rate: separated, equal and missing pairs", "[audit]") {
  Features x(4, 2);
  x << 1, 0.1, 1, 0.2, -1, 0.15, -1, 0.05;
  const EqualErrorRate separated = verify_speakers(x, std::vector<int>{0, 0, 1, 1});
  CHECK(separated.value < 0.3);
  CHECK(separated.pairs == 6);
  CHECK(std::isnan(separated.low));  // two voices are too few for an interval
  std::vector<int> y;
  const Features noise = clusters(y, 4, 120, 6, 0, 5);
  const EqualErrorRate chance = verify_speakers(noise, y);
  CHECK_THAT(chance.value, Catch::Matchers::WithinAbs(0.5, 0.08));
  CHECK(chance.low <= chance.value);
  CHECK(chance.high >= chance.value);
  CHECK(std::isnan(verify_speakers(x, std::vector<int>{0, 0, 0, 0}).value));
  CHECK(std::isnan(verify_speakers(Features(0, 2), {}).value));
}

TEST_CASE("pooling: moments, parts of the recording, shares of codes", "[audit]") {
  Frames frames(2, 2);
  frames << 1, 10, 3, 30;
  CHECK(pool_frames(frames) == Eigen::RowVector4d(2, 20, 1, 10));
  CHECK(pool_parts(frames, 2) == Eigen::RowVector4d(1, 10, 3, 30));
  CHECK(pool_parts(frames, 1) == Eigen::RowVector2d(2, 20));
  // Fewer frames than parts: some frames stand for two.
  CHECK(pool_parts(frames, 3).size() == 6);
  CHECK(pool_parts(frames.topRows(1), 2) == Eigen::RowVector4d(1, 10, 1, 10));
  const std::vector<int64_t> indices = {0, 2, 2, 7};
  CHECK(pool_indices(indices, 3) == Eigen::RowVector3d(0.25, 0, 0.5));
  CHECK(pool_indices({}, 3) == Eigen::RowVector3d(0, 0, 0));
}

/// Two corpora of two voices of either sex, each voice at a place of its own.
Representation voices_apart(std::vector<Recording>& recordings) {
  std::mt19937_64 random(9);
  std::normal_distribution<double> noise;
  const std::pair<const char*, const char*> voices[] = {
      {"a", "f"}, {"b", "m"}, {"c", "f"}, {"d", "m"}};
  for (int v = 0; v < 4; ++v) {
    for (int i = 0; i < 8; ++i) {
      const bool reader = v < 2;
      const char* split = reader ? "train" : (i < 5 ? "attack-train" : "attack-test");
      recordings.push_back(
          recording(reader ? "books" : "talks", i, voices[v].first, voices[v].second, split));
    }
  }
  for (int i = 0; i < 3; ++i) {
    recordings.push_back(recording("books", 100 + i, "a", "f", "test"));
    recordings.push_back(recording("books", 100 + i, "b", "m", "test"));
  }
  Representation z{"z", false, 0, Features(static_cast<Eigen::Index>(recordings.size()), 6), {}};
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    for (Eigen::Index c = 0; c < 6; ++c) {
      const bool voice = c == recordings[i].speaker[0] - 'a';
      const bool woman = c == 4 && recordings[i].sex == "f";
      z.voice(static_cast<Eigen::Index>(i), c) = noise(random) + (voice ? 5 : 0) + (woman ? 5 : 0);
    }
  }
  return z;
}

TEST_CASE("codes are seen however the codebook is stored", "[audit]") {
  const DatasetFactory open = [] { return recordings("train", 4); };
  SilentProgress progress;
  format::fb::ModelT model = encoder();
  const std::vector<Representation> whole = represent(model, open, progress);
  store_float16(model);
  const std::vector<Representation> half = represent(model, open, progress);
  REQUIRE(std::any_of(whole.begin(), whole.end(), [](const auto& r) { return r.codes == 512; }));
  REQUIRE(half.size() == whole.size());
  for (std::size_t i = 0; i < half.size(); ++i) {
    CHECK(half[i].name == whole[i].name);
    CHECK(half[i].codes == whole[i].codes);
    CHECK(half[i].voice.rows() == whole[i].voice.rows());
    CHECK(half[i].voice.cols() == whole[i].voice.cols());
  }
}

TEST_CASE("exported attackers answer by their formula as they were judged", "[audit]") {
  std::vector<Recording> recordings;
  const Representation z = voices_apart(recordings);
  const auto exported = export_attackers({z}, recordings, {});
  const auto& who = exported.at("attackers").at(0);
  CHECK(who.at("question") == "who");
  CHECK(who.at("classes").get<std::vector<std::string>>() ==
        std::vector<std::string>{"a", "b", "c", "d"});
  CHECK(exported.at("voices").at("a").size() == 6);

  int right = 0;
  int judged = 0;
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    if (recordings[i].split != "attack-test" && recordings[i].split != "test")
      continue;
    std::vector<double> scores;
    for (std::size_t c = 0; c < 4; ++c) {
      double sum = 0;
      for (std::size_t f = 0; f < 6; ++f) {
        const double x = z.voice(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(f));
        const int weight = who.at("weights").at(c).at(f).get<int>();
        CHECK(std::abs(weight) <= 127);
        sum +=
            weight * (x - who.at("mean").at(f).get<double>()) * who.at("scale").at(f).get<double>();
      }
      scores.push_back(who.at("bias").at(c).get<double>() +
                       who.at("step").at(c).get<double>() * sum);
    }
    const auto best = std::ranges::max_element(scores) - scores.begin();
    right += who.at("classes").at(static_cast<std::size_t>(best)) == recordings[i].speaker ? 1 : 0;
    ++judged;
  }
  CHECK(who.at("judged").at("count") == judged);
  CHECK_THAT(who.at("judged").at("value").get<double>(),
             Catch::Matchers::WithinAbs(static_cast<double>(right) / judged, 1e-12));
  CHECK(right > judged / 2);
  const auto& sex = exported.at("attackers").at(1);
  CHECK(sex.at("judged").at("units") == 2);  // voices c and d; a and b were heard

  CHECK_THROWS_AS(export_attackers({z}, {recordings.begin(), recordings.begin() + 4}, {}), Error);
}

}  // namespace
}  // namespace edgy::converter
