#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "converter/audit/attackers/attacker.h"
#include "converter/audit/attackers/sequence_network.h"
#include "converter/audit/audit.h"
#include "converter/audit/codes/code_statistics.h"
#include "converter/audit/codes/events.h"
#include "converter/audit/command/attacker_export.h"
#include "converter/audit/evaluation.h"
#include "converter/audit/representation.h"
#include "converter/audit/verification.h"
#include "converter/error.h"
#include "converter/quantization/float16_storage.h"
#include "tests/unit/converter/private_encoder/encoder_data.h"

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
  return {std::string(corpus) + "/" + speaker + "-" + std::to_string(number) + ".flac",
          speaker,
          sex,
          label,
          split,
          1.5};
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

TEST_CASE("verification: separated, equal and missing pairs", "[audit]") {
  Features x(4, 2);
  x << 1, 0.1, 1, 0.2, -1, 0.15, -1, 0.05;
  const Verification separated = verify_speakers(x, std::vector<int>{0, 0, 1, 1});
  CHECK(separated.equal_error.value < 0.3);
  CHECK(separated.pairs == 6);
  CHECK(std::isnan(separated.equal_error.low));  // two voices are too few for an interval
  std::vector<int> y;
  const Features noise = clusters(y, 4, 120, 6, 0, 5);
  const Verification chance = verify_speakers(noise, y);
  CHECK_THAT(chance.equal_error.value, Catch::Matchers::WithinAbs(0.5, 0.08));
  CHECK(chance.equal_error.low <= chance.equal_error.value);
  CHECK(chance.equal_error.high >= chance.equal_error.value);
  CHECK_THAT(chance.recognized.value, Catch::Matchers::WithinAbs(0.01, 0.02));
  const Verification told = verify_speakers(clusters(y, 4, 120, 12, 6, 5), y);
  CHECK(told.equal_error.value < 0.02);
  CHECK(told.recognized.value > 0.95);
  CHECK(told.recognized.high >= told.recognized.value);
  CHECK(std::isnan(verify_speakers(x, std::vector<int>{0, 0, 0, 0}).equal_error.value));
  CHECK(std::isnan(verify_speakers(Features(0, 2), {}).equal_error.value));
}

TEST_CASE("recordings taken together tell a voice better", "[audit]") {
  std::vector<int> y;
  const Features x = clusters(y, 4, 200, 8, 1, 12);
  std::vector<int> grouped;
  const Features five = group_rows(x, y, 5, grouped);
  CHECK(five.rows() == 40);
  CHECK(std::ranges::count(grouped, 2) == 10);
  CHECK(verify_speakers(five, grouped).equal_error.value <
        verify_speakers(x, y).equal_error.value - 0.05);
  CHECK(group_rows(x, y, 51, grouped).rows() == 0);

  Trial trial = cross_validated(x, y, 4, 2);
  const Beliefs beliefs = ask(trial, [] { return make_logistic_regression(); });
  const Measure one = summarize(trial, beliefs);
  const Measure together = summarize_groups(trial, beliefs, 5);
  CHECK(together.count <= 40);
  CHECK(together.count >= 32);  // what is left over in a fold is in no group
  CHECK(together.value > one.value);
  CHECK(summarize_groups(trial, beliefs, 101).count == 0);
}

TEST_CASE("voices are told apart by what tells other voices apart", "[audit]") {
  // Twelve features: one is the voice, the others are louder and say nothing.
  std::mt19937_64 random(21);
  std::normal_distribution<double> noise;
  const auto speak = [&](int voices, int times, std::vector<std::string>& who) {
    Features x(voices * times, 12);
    for (int v = 0; v < voices; ++v) {
      const double voice = 3 * noise(random);
      for (int i = 0; i < times; ++i) {
        for (int c = 0; c < 12; ++c)
          x(v * times + i, c) = 5 * noise(random);
        x(v * times + i, 0) = voice + noise(random);
        who.push_back(std::to_string(v));
      }
    }
    return x;
  };
  std::vector<std::string> others;
  const Features heard = speak(80, 2, others);
  const VoiceSpace space = learn_voice_space(heard, others, 2);
  CHECK(space.directions.cols() == 2);
  std::vector<std::string> names;
  const Features x = speak(6, 10, names);
  std::vector<int> y;
  for (const std::string& name : names)
    y.push_back(std::stoi(name));
  CHECK(verify_speakers(space.project(x), y).equal_error.value <
        verify_speakers(x, y).equal_error.value - 0.05);
  CHECK(learn_voice_space(heard.topRows(4), std::vector<std::string>{"a", "a", "b", "b"})
            .directions.cols() == 0);
}

TEST_CASE("ranks: bits that are missing to chance were learnt", "[audit]") {
  std::vector<int> y;
  Trial trial = cross_validated(clusters(y, 4, 80, 4, 0, 3), {}, 4, 2);
  trial.y = y;
  Beliefs beliefs;
  for (std::size_t row = 0; row < 80; ++row)
    beliefs.rows.push_back(row);
  beliefs.log_odds = Eigen::MatrixXd::Zero(80, 4);
  // Knows nothing: the right class shares all four places.
  CHECK_THAT(summarize(trial, beliefs).rank_bits, Catch::Matchers::WithinAbs(std::log2(2.5), 1e-9));
  for (std::size_t row = 0; row < 80; ++row)
    beliefs.log_odds(static_cast<Eigen::Index>(row), y[row]) = 1;
  const Measure known = summarize(trial, beliefs);
  CHECK(known.rank_bits == 0);
  CHECK(known.value == 1);
  CHECK_THAT(known.rank_chance, Catch::Matchers::WithinAbs(std::log2(24.0) / 4, 1e-9));
}

TEST_CASE("where classes are dealt out at random nothing is left to find", "[audit]") {
  std::vector<int> y;
  const Features x = clusters(y, 4, 200, 12, 4, 1);
  Trial trial = cross_validated(x, y, 4, 5);
  for (std::size_t i = 0; i < 200; ++i)
    trial.unit[i] = std::to_string(i / 2 / 4 * 4 + i % 4);  // two rows of one class a unit
  trial.fold = folds_by_group(trial.unit, 5);
  const Trial shuffled = with_shuffled_classes(trial, 1);
  CHECK(shuffled.y != trial.y);
  std::map<std::string, int> class_of;
  for (std::size_t i = 0; i < 200; ++i)
    CHECK(class_of.emplace(shuffled.unit[i], shuffled.y[i]).first->second == shuffled.y[i]);
  const auto make = [] { return make_logistic_regression(); };
  CHECK(judge(trial, make).value > 0.95);
  CHECK(judge(shuffled, make).value < 0.45);
}

TEST_CASE("events: no durations, no pauses, no short runs", "[audit]") {
  const EventRule rule{2, {0}};
  const CodeSequence codes = {0, 0, 3, 3, 3, 5, 3, 3, 0, 0, 3, 3, 4, 4, 0};
  CHECK(events_of(codes, rule) == CodeSequence{3, 4});
  CHECK(events_of(codes, {1, {}}) == CodeSequence{0, 3, 5, 3, 0, 3, 4, 0});
  CHECK(events_of(CodeSequence{1, 2, 3}, rule).empty());
  CHECK(events_of({}, rule).empty());
  // However long each sound lasts, the events are the same.
  CHECK(events_of(CodeSequence{3, 3, 3, 3, 4, 4}, rule) == events_of(codes, rule));
}

TEST_CASE("statistics of codes: lengths, counts, followers", "[audit]") {
  const std::vector<CodeSequence> sequences = {{0, 0, 1, 0, 0, 0, 2}, {0, 1, 1, 0}, {}};
  const std::vector<Bigram> bigrams = frequent_bigrams(sequences, 3);
  REQUIRE(bigrams.size() == 3);
  CHECK(bigrams[0] == Bigram{0, 1});
  CHECK(bigrams[1] == Bigram{1, 0});
  CHECK(bigrams[2] == Bigram{0, 2});
  const Eigen::RowVectorXd row = code_statistics(sequences[0], 3, bigrams);
  REQUIRE(row.size() == 6 + 6 + 9 + 3);
  CHECK(row[1] == 7);                                                          // codes
  CHECK(row[3] == 4);                                                          // runs
  CHECK(row[4] == 1.75);                                                       // of this length
  CHECK(row[6] == 0.5);                                                        // of one frame
  CHECK(row[7] == 0.25);                                                       // of two
  CHECK(row[8] == 0.25);                                                       // of three
  CHECK_THAT(row[12], Catch::Matchers::WithinAbs(5.0 / 7, 1e-12));             // share of code 0
  CHECK_THAT(row[15], Catch::Matchers::WithinAbs(std::log(6.0), 1e-12));       // its count
  CHECK(row[18] == 2.5);                                                       // length of its runs
  CHECK_THAT(row[21], Catch::Matchers::WithinAbs(std::sqrt(1.0 / 3), 1e-12));  // 0 then 1
  CHECK(code_statistics(sequences[2], 3, bigrams).isZero());
  CHECK(code_shares_by_part(sequences[1], 3, 2) ==
        (Eigen::RowVectorXd(6) << 0.5, 0.5, 0, 0.5, 0.5, 0).finished());
  CHECK_THAT(code_entropy(std::vector<CodeSequence>{{0, 1, 2, 3}}),
             Catch::Matchers::WithinAbs(2, 1e-12));
}

/// Sequences of either class are made of the same codes, equally often, in another order.
std::vector<CodeSequence> orders(std::vector<int>& y, bool told, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<CodeSequence> sequences;
  for (int i = 0; i < 120; ++i) {
    y.push_back(i % 2);
    const bool up = told ? i % 2 == 0 : random() % 2 == 0;
    CodeSequence sequence;
    for (uint64_t t = 0, length = 20 + random() % 200; t < length; ++t) {
      const auto code = static_cast<int32_t>(random() % 4);
      for (int32_t next = 0; next < 3; ++next)
        sequence.push_back(up ? (code + next) % 4 : (code + 4 - next) % 4);
    }
    sequences.push_back(std::move(sequence));
  }
  return sequences;
}

TEST_CASE("the network over a sequence learns from the order of codes", "[audit]") {
  for (const bool told : {true, false}) {
    CAPTURE(told);
    std::vector<int> y;
    const std::vector<CodeSequence> sequences = orders(y, told, 31);
    const Trial trial = cross_validated(Eigen::VectorXd::LinSpaced(120, 0, 119), y, 2, 4);
    const Measure found = judge(trial, [&] { return make_sequence_network(sequences, 4); });
    CHECK(found.count == 120);
    if (told)
      CHECK(found.value > 0.95);
    else
      CHECK(found.low < found.chance);
  }
}

TEST_CASE("the network over a sequence takes empty ones and repeats itself", "[audit]") {
  const std::vector<CodeSequence> sequences = {{0, 1}, {}, {1, 1, 1}, {}};
  const std::vector<int> y = {0, 1, 0, 1};
  const Features rows = Eigen::VectorXd::LinSpaced(4, 0, 3);
  const auto first = make_sequence_network(sequences, 2, 5);
  const auto second = make_sequence_network(sequences, 2, 5);
  first->fit(rows, y, 2);
  second->fit(rows, y, 2);
  CHECK(first->scores(rows) == second->scores(rows));
  CHECK(first->predict(rows) == y);
  const auto other = make_sequence_network(sequences, 2, 6);
  other->fit(rows, y, 2);
  CHECK(first->scores(rows) != other->scores(rows));
  CHECK_THROWS_AS(other->fit(Features(0, 1), {}, 2), Error);
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
  CHECK(pool_frames(frames.topRows(0)) == Eigen::RowVector4d(0, 0, 0, 0));
  CHECK(pool_parts(frames.topRows(0), 2) == Eigen::RowVector4d(0, 0, 0, 0));
  const std::vector<int32_t> indices = {0, 2, 2, 7};
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
  Representation z;
  z.name = "z";
  z.voice.resize(static_cast<Eigen::Index>(recordings.size()), 6);
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

/// The encoder with `classes[code]` in place of each code, looked up in a constant.
format::fb::ModelT merged_encoder(const std::vector<int64_t>& classes) {
  namespace fb = format::fb;
  fb::ModelT model = encoder();
  const auto search = std::ranges::find_if(model.operators, [](const auto& op) {
    return op->options.type == fb::OperatorOptions::NearestCode;
  });
  const int32_t indices = (*search)->outputs[0];
  const auto add = [&](const std::string& name, std::vector<int32_t> shape) {
    auto tensor = std::make_unique<fb::TensorT>();
    tensor->name = name;
    tensor->type = fb::DataType::I64;
    tensor->shape = std::move(shape);
    model.tensors.push_back(std::move(tensor));
    return static_cast<int32_t>(model.tensors.size() - 1);
  };
  const int32_t table = add("classes", {static_cast<int32_t>(classes.size())});
  auto buffer = std::make_unique<fb::BufferT>();
  const auto* bytes = reinterpret_cast<const uint8_t*>(classes.data());
  buffer->data.assign(bytes, bytes + classes.size() * sizeof(int64_t));
  model.tensors.back()->buffer = static_cast<int32_t>(model.buffers.size());
  model.buffers.push_back(std::move(buffer));
  const int32_t merged = add("merged", model.tensors[static_cast<std::size_t>(indices)]->shape);
  model.tensors.back()->dims = model.tensors[static_cast<std::size_t>(indices)]->dims;
  auto gather = std::make_unique<fb::OperatorT>();
  gather->options.Set(fb::GatherT());
  gather->inputs = {table, indices};
  gather->outputs = {merged};
  model.operators.push_back(std::move(gather));
  for (int32_t& output : model.outputs)
    output = output == indices ? merged : output;
  return model;
}

TEST_CASE("merged codes are seen in the merged codebook", "[audit]") {
  const DatasetFactory open = [] { return recordings("train", 4); };
  SilentProgress progress;
  std::vector<int64_t> classes;
  for (int64_t code = 0; code < 512; ++code)
    classes.push_back(code * 7 % 5);
  const auto find = [](const std::vector<Representation>& all, const std::string& name) {
    const auto place = std::ranges::find(all, name, &Representation::name);
    REQUIRE(place != all.end());
    return *place;
  };
  const Representation single = find(represent(encoder(), open, progress), "indices");
  const std::vector<Representation> seen = represent(merged_encoder(classes), open, progress);
  const Representation merged = find(seen, "merged");
  CHECK(merged.kind == Kind::kCodes);
  CHECK(merged.codes == 5);
  REQUIRE(merged.sequences.size() == single.sequences.size());
  for (std::size_t i = 0; i < merged.sequences.size(); ++i) {
    REQUIRE(merged.sequences[i].size() == single.sequences[i].size());
    for (std::size_t t = 0; t < merged.sequences[i].size(); ++t) {
      CHECK(merged.sequences[i][t] == classes[static_cast<std::size_t>(single.sequences[i][t])]);
    }
  }
  CHECK(merged.voice.cols() == 2 * 64 + 5);
  const Representation events = find(seen, "merged, events");
  CHECK(events.kind == Kind::kEvents);
  for (std::size_t i = 0; i < events.sequences.size(); ++i)
    CHECK(events.sequences[i].size() < merged.sequences[i].size());
  CHECK(find(seen, "length").voice(0, 0) > 0);
}

TEST_CASE("an audit finds voices, and its controls do not", "[audit]") {
  // Two corpora of two voices. Of the first six recordings of each voice are held out, of the
  // second all.
  std::vector<Recording> recordings;
  for (int i = 0; i < 40; ++i) {
    for (const char* voice : {"a", "b", "c", "d"}) {
      const bool reader = *voice < 'c';
      recordings.push_back(recording(reader ? "books" : "talks", i, voice,
                                     *voice % 2 == 0 ? "m" : "f",
                                     reader ? (i < 34 ? "train" : "test") : "attack-test"));
    }
  }
  Representation codes;
  // Each voice has a code of its own in a quarter of its frames; the text alone has none.
  std::mt19937_64 random(17);
  Representation text;
  for (Representation* made : {&codes, &text}) {
    made->name = "indices";
    made->kind = Kind::kCodes;
    made->codes = 6;
    made->voice = Features::Zero(static_cast<Eigen::Index>(recordings.size()), 6);
    made->voice_statistics = made->content = made->content_statistics = made->voice;
    made->halves = Features::Zero(2 * made->voice.rows(), 6);
    for (std::size_t i = 0; i < recordings.size(); ++i) {
      CodeSequence sequence;
      for (int t = 0; t < 25; ++t) {
        const bool own = made == &codes && random() % 4 == 0;
        sequence.push_back(own ? recordings[i].speaker[0] - 'a'
                               : 4 + static_cast<int>(random() % 2));
      }
      const auto row = static_cast<Eigen::Index>(i);
      made->voice.row(row) = pool_indices(sequence, 6);
      made->voice_statistics.row(row) = made->voice.row(row);
      made->halves.row(2 * row) = pool_indices(std::span(sequence).first(12), 6);
      made->halves.row(2 * row + 1) = pool_indices(std::span(sequence).subspan(12), 6);
      made->sequences.push_back(std::move(sequence));
    }
  }
  AuditOptions options;
  options.at_once = {5};
  options.seeds = 2;
  SilentProgress progress;
  const Leakage found = measure_leakage(codes, recordings, options, progress);
  options.seeds = 1;
  options.shuffles = 0;
  const Leakage said = measure_text_alone(text, recordings, options, progress);
  REQUIRE(found.speaker.size() == 2);
  const AttackResult& talks = found.speaker[1];
  CHECK(talks.corpus == "talks");
  CHECK(talks.strongest().measure.value > 0.9);
  CHECK(talks.attackers.size() == 5);
  CHECK(talks.attackers.front().seeds.size() == 1);
  CHECK(talks.attackers.back().seeds.size() == 2);
  CHECK(*talks.shuffled < 0.7);
  REQUIRE(talks.at_once.size() == 1);
  CHECK(talks.at_once[0].measure.value > 0.9);
  CHECK_THAT(*found.codes_per_second, Catch::Matchers::WithinAbs(25 / 1.5, 1e-9));
  CHECK(*found.bits_per_second < 25 / 1.5 * std::log2(6));
  CHECK_FALSE(said.speaker[1].shuffled);
  CHECK(said.text_alone);
  CHECK(said.representation == "indices, text alone");
  CHECK(said.speaker[1].strongest().measure.low < 0.55);
  // Of books, six recordings of either voice are judged: by five at once there is no pair.
  REQUIRE(found.verification.size() == 3);
  CHECK(found.verification[1].recordings == 1);
  CHECK(found.verification[1].untrained.equal_error.value <
        said.verification[1].untrained.equal_error.value - 0.1);
  CHECK(found.verification[2].recordings == 5);
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

  // Who says what in which order is known from events.
  Representation events;
  events.name = "indices, events";
  events.kind = Kind::kEvents;
  events.codes = 4;
  for (const Recording& recording : recordings) {
    const int32_t own = recording.speaker.front() - 'a';
    events.sequences.push_back({own, (own + 1) % 4, own});
  }
  const auto spoken = export_attackers({events}, recordings, {}).at("attackers").at(0);
  CHECK(spoken.at("pooling") == "grams");
  CHECK(spoken.at("codes") == 4);
  CHECK(spoken.at("grams").size() == spoken.at("mean").size());
  CHECK(spoken.at("judged").at("value") == 1);

  CHECK_THROWS_AS(export_attackers({z}, {recordings.begin(), recordings.begin() + 4}, {}), Error);
}

}  // namespace
}  // namespace edgy::converter
