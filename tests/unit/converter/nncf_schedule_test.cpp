// Definitions of NNCF's algorithms: schedules, importance, ranges, scopes.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>
#include <random>

#include "converter/nncf/algorithms/importance.h"
#include "converter/nncf/algorithms/ranges.h"
#include "converter/nncf/algorithms/schedules.h"
#include "converter/nncf/algorithms/scopes.h"

namespace edgy::converter::nncf {
namespace {

using Catch::Matchers::WithinAbs;

SparsityParams params(SparsitySchedule schedule, double init, double target, int epochs) {
  SparsityParams p;
  p.schedule = schedule;
  p.init = init;
  p.target = target;
  p.target_epoch = epochs;
  return p;
}

TEST_CASE("exponential: density falls by equal factors", "[nncf]") {
  const SparsityParams p = params(SparsitySchedule::kExponential, 0.2, 0.9, 3);
  CHECK_THAT(sparsity_level(p, 0), WithinAbs(0.2, 1e-12));
  CHECK_THAT(sparsity_level(p, 1), WithinAbs(0.6, 1e-12));  // 0.8 / 2 = 0.4 is left
  CHECK_THAT(sparsity_level(p, 2), WithinAbs(0.8, 1e-12));
  CHECK(sparsity_level(p, 3) == 0.9);
  CHECK(sparsity_level(p, 1000) == 0.9);
  CHECK(sparsity_level(params(SparsitySchedule::kExponential, 0, 0.5, 0), 0) == 0.5);
}

TEST_CASE("polynomial: by epoch, by step, bent both ways", "[nncf]") {
  SparsityParams p = params(SparsitySchedule::kPolynomial, 0.1, 0.9, 4);
  p.power = 2;
  CHECK_THAT(sparsity_level(p, 2), WithinAbs(0.1 + 0.8 * 0.25, 1e-12));
  CHECK_THAT(sparsity_level(p, 2, 5, 10), WithinAbs(0.3, 1e-12));  // steps do not count
  p.update_per_optimizer_step = true;
  CHECK_THAT(sparsity_level(p, 2, 5, 10), WithinAbs(0.1 + 0.8 * 0.390625, 1e-12));
  p.concave = false;
  CHECK_THAT(sparsity_level(p, 2), WithinAbs(0.9 - 0.8 * 0.25, 1e-12));
  CHECK(sparsity_level(p, 4) == 0.9);
}

TEST_CASE("multistep: levels hold from their epoch on", "[nncf]") {
  SparsityParams p = params(SparsitySchedule::kMultistep, 0, 0, 0);
  p.multistep_steps = {3, 5};
  p.multistep_levels = {0.1, 0.2, 0.4};
  const std::array<double, 7> expected = {0.1, 0.1, 0.1, 0.2, 0.2, 0.4, 0.4};
  for (int epoch = 0; epoch < 7; ++epoch)
    CHECK(sparsity_level(p, epoch) == expected[static_cast<std::size_t>(epoch)]);
  CHECK(final_sparsity(p) == 0.4);
  CHECK(final_sparsity_epoch(p) == 5);
}

TEST_CASE("adaptive: a step up after patience epochs at the level", "[nncf]") {
  SparsityParams p = params(SparsitySchedule::kAdaptive, 0.1, 0.2, 0);
  p.patience = 2;
  AdaptiveLevel state = adaptive_start(p);
  state = adaptive_next(p, state, 0.06);  // further below than eps
  CHECK(state.reached_epochs == 0);
  state = adaptive_next(p, state, 0.08);
  CHECK(state.level == 0.1);
  state = adaptive_next(p, state, 0.1);
  CHECK_THAT(state.level, WithinAbs(0.15, 1e-12));
  for (int i = 0; i < 10; ++i)
    state = adaptive_next(p, state, 1);
  CHECK(state.level == 0.2);
  CHECK(final_sparsity_epoch(p) == 4);
}

TEST_CASE("schedules start at init, end at target and never fall", "[nncf]") {
  const unsigned seed = 11;
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform;
  for (int round = 0; round < 300; ++round) {
    const double init = uniform(random) * 0.5;
    SparsityParams p =
        params(round % 2 == 0 ? SparsitySchedule::kExponential : SparsitySchedule::kPolynomial,
               init, init + uniform(random) * 0.49, 1 + static_cast<int>(random() % 40));
    p.power = 0.2 + 3 * uniform(random);
    p.concave = random() % 2 == 0;
    CHECK_THAT(sparsity_level(p, 0), WithinAbs(p.init, 1e-12));
    CHECK_THAT(sparsity_level(p, p.target_epoch), WithinAbs(p.target, 1e-12));
    FilterPruning f;
    f.schedule =
        random() % 2 == 0 ? PruningSchedule::kExponential : PruningSchedule::kExponentialWithBias;
    f.init = p.init;
    f.target = p.target;
    f.pruning_epochs = p.target_epoch;
    f.warmup_epochs = static_cast<int>(random() % 3);
    CHECK(pruning_level(f, final_pruning_epoch(f)) == f.target);
    for (int epoch = 1; epoch <= final_pruning_epoch(f); ++epoch) {
      CHECK(sparsity_level(p, epoch) >= sparsity_level(p, epoch - 1));
      CHECK(pruning_level(f, epoch) >= pruning_level(f, epoch - 1) - 1e-9);
    }
  }
}

TEST_CASE("filter pruning: baseline, and three quarters in an eighth of the epochs", "[nncf]") {
  FilterPruning f;
  f.schedule = PruningSchedule::kBaseline;
  f.init = 0.1;
  f.target = 0.4;
  f.warmup_epochs = 2;
  CHECK(pruning_level(f, 1) == 0);
  CHECK(pruning_level(f, 2) == 0.4);
  CHECK(pruning_frozen(f, 2));
  f.schedule = PruningSchedule::kExponentialWithBias;
  f.warmup_epochs = 0;
  f.pruning_epochs = 80;
  CHECK_THAT(pruning_level(f, 0), WithinAbs(0.1, 1e-9));
  CHECK_THAT(pruning_level(f, 10), WithinAbs(0.3, 1e-9));
  CHECK_THAT(pruning_level(f, 79), WithinAbs(0.4, 1e-3));
}

TEST_CASE("importance and masks", "[nncf]") {
  const std::vector<float> weights = {3, -4, 0};
  CHECK(weight_importance(weights, WeightImportance::kAbs) == std::vector<float>{3, 4, 0});
  CHECK(weight_importance(weights, WeightImportance::kNormedAbs) ==
        std::vector<float>{0.6F, 0.8F, 0});
  CHECK(weight_importance(std::vector<float>{0, 0}, WeightImportance::kNormedAbs) ==
        std::vector<float>{0, 0});
  const std::vector<std::vector<float>> layers = {{1, 5, 1}, {1, 0.5F}};
  CHECK(sparsity_mask(layers, 0.4) == std::vector<std::vector<uint8_t>>{{0, 1, 1}, {1, 0}});
  CHECK(sparsity_mask(layers, 0) == std::vector<std::vector<uint8_t>>{{1, 1, 1}, {1, 1}});
  CHECK(sparsity_mask(layers, 1) == std::vector<std::vector<uint8_t>>{{0, 0, 0}, {0, 0}});
}

TEST_CASE("range initializers", "[nncf]") {
  const std::vector<float> a = {-1, 0, 3};
  const std::vector<float> b = {-3, 1, 5, std::nanf("")};
  const std::array<std::span<const float>, 3> samples = {a, b, std::span<const float>()};
  const auto range = [&](RangeKind kind, bool weights) {
    RangeInitializer initializer;
    initializer.kind = kind;
    initializer.min_percentile = 10;
    initializer.max_percentile = 90;
    return initial_range(initializer, weights, samples);
  };
  const auto is = [](const ValueRange& r, double low, double high) {
    CHECK_THAT(r.low, WithinAbs(low, 1e-5));
    CHECK_THAT(r.high, WithinAbs(high, 1e-5));
  };
  is(range(RangeKind::kMinMax, false), -3, 5);
  is(range(RangeKind::kMeanMinMax, false), -2, 4);
  is(range(RangeKind::kMixedMinMax, false), -2, 4);
  is(range(RangeKind::kMixedMinMax, true), -3, 5);
  is(range(RangeKind::kPercentile, false), -2, 4);  // of -3 -1 0 1 3 5: half way at both ends
  is(range(RangeKind::kMeanPercentile, false), (-0.8 - 2.2) / 2, (2.4 + 4.2) / 2);
  // Median 0.5, deviations 0.5 0.5 1.5 2.5 3.5 4.5.
  is(range(RangeKind::kThreeSigma, false), 0.5 - 3 * 1.4826 * 2, 0.5 + 3 * 1.4826 * 2);
  CHECK(initial_range({}, false, {}).high == 0);
}

TEST_CASE("three sigma of a normal distribution is three deviations", "[nncf]") {
  const unsigned seed = 3;
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(1, 2);
  std::vector<float> values(100000);
  for (float& value : values)
    value = normal(random);
  const std::array<std::span<const float>, 1> samples = {values};
  RangeInitializer initializer;
  initializer.kind = RangeKind::kThreeSigma;
  const ValueRange range = initial_range(initializer, false, samples);
  CHECK_THAT(range.low, WithinAbs(-5, 0.1));
  CHECK_THAT(range.high, WithinAbs(7, 0.1));
}

TEST_CASE("scopes: names, expressions from the beginning, what matches nothing", "[nncf]") {
  Scopes scopes;
  CHECK(in_scope(scopes, "/conv/1"));
  scopes.target = {"{re}/conv", "/fc"};
  scopes.ignored = {"/conv/2"};
  CHECK(in_scope(scopes, "/conv/1"));
  CHECK(in_scope(scopes, "/fc"));
  CHECK_FALSE(in_scope(scopes, "/fc/1"));
  CHECK_FALSE(in_scope(scopes, "/conv/2"));
  CHECK_FALSE(in_scope(scopes, "a/conv"));
  const std::vector<std::string> layers = {"/conv/1", "/conv/2"};
  CHECK(unmatched(scopes, layers) == std::vector<std::string>{"/fc"});
}

TEST_CASE("the first initializer whose group and scopes fit counts", "[nncf]") {
  Quantization q;
  q.range.resize(3);
  q.range[0].kind = RangeKind::kMinMax;
  q.range[0].group = QuantizerGroup::kWeights;
  q.range[1].kind = RangeKind::kPercentile;
  q.range[1].scopes.target = {"/a"};
  q.range[2].kind = RangeKind::kThreeSigma;
  CHECK(find_initializer(q, true, "/a")->kind == RangeKind::kMinMax);
  CHECK(find_initializer(q, false, "/a")->kind == RangeKind::kPercentile);
  CHECK(find_initializer(q, false, "/b")->kind == RangeKind::kThreeSigma);
  q.range.resize(1);
  CHECK(find_initializer(q, false, "/a") == nullptr);
}

}  // namespace
}  // namespace edgy::converter::nncf
