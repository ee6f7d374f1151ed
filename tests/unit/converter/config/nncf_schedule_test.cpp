// Definitions of NNCF's algorithms: schedules, importance, scopes.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <random>

#include "converter/nncf/algorithms/importance.h"
#include "converter/nncf/algorithms/schedules.h"
#include "converter/nncf/algorithms/unmatched.h"
#include "converter/nncf/file/scopes.h"

namespace edgy::converter::nncf {
namespace {

using Catch::Matchers::ContainsSubstring;
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
  f.schedule = PruningSchedule::kExponentialWithBias;
  f.warmup_epochs = 0;
  f.pruning_epochs = 80;
  CHECK_THAT(pruning_level(f, 0), WithinAbs(0.1, 1e-9));
  CHECK_THAT(pruning_level(f, 10), WithinAbs(0.3, 1e-9));
  CHECK_THAT(pruning_level(f, 79), WithinAbs(0.4, 1e-3));
}

TEST_CASE("importance of weights", "[nncf]") {
  const std::vector<float> weights = {3, -4, 0};
  CHECK(weight_importance(weights, WeightImportance::kAbs) == std::vector<float>{3, 4, 0});
  CHECK(weight_importance(weights, WeightImportance::kNormedAbs) ==
        std::vector<float>{0.6F, 0.8F, 0});
  CHECK(weight_importance(std::vector<float>{0, 0}, WeightImportance::kNormedAbs) ==
        std::vector<float>{0, 0});
}

TEST_CASE("scopes: names, and expressions anywhere in a name", "[nncf]") {
  Scopes scopes;
  CHECK(in_scope(scopes, "/conv/1"));
  scopes.target = {"{re}/conv", "/fc"};
  scopes.ignored = {"/conv/2"};
  CHECK(in_scope(scopes, "/conv/1"));
  CHECK(in_scope(scopes, "a/conv"));
  CHECK(in_scope(scopes, "/fc"));
  CHECK_FALSE(in_scope(scopes, "/fc/1"));
  CHECK_FALSE(in_scope(scopes, "/conv/2"));
}

TEST_CASE("scopes: expressions mean what re.search of Python finds", "[nncf]") {
  struct Case {
    const char* entry;
    const char* layer;
    bool matches;
  };
  const Case cases[] = {
      {"{re}out$", "/block.3/out", true},
      {"{re}^block", "/block.3", false},
      {"block{re}.*out", "a/block.3/out", true},  // the mark may stand anywhere
      {"{re}\\d{re}/out", "/block.3/out", true},
      {"{re}(?i)BLOCK", "/block.3", true},
      {"{re}(?<!x)block", "/block.3", true},
      {"{re}(?<!/)block", "/block.3", false},
      {"{re}^(?!.*out).*$", "/block.3/out", false},
      {"{re}(?P<kind>b)lock\\.(?P=kind)", "/block.b", true},
      {"block", "/block", false},
  };
  for (const Case& one : cases) {
    CAPTURE(one.entry, one.layer);
    CHECK(scope_mistake(one.entry).empty());
    CHECK(scope_matches(one.entry, one.layer) == one.matches);
  }
}

TEST_CASE("scopes: a wrong expression is named with the place in it", "[nncf]") {
  CHECK_THAT(scope_mistake("{re}conv(1"),
             ContainsSubstring("'{re}conv(1'") && ContainsSubstring("at character 7 of 'conv(1'"));
  CHECK(scope_mistake("conv(1").empty());
}

TEST_CASE("scopes: an expression that takes for ever is refused", "[nncf]") {
  CHECK_THROWS_WITH(scope_matches("{re}^(a+)+$", std::string(60, 'a') + "b"),
                    ContainsSubstring("match limit") && ContainsSubstring("'{re}^(a+)+$'"));
}

TEST_CASE("scopes that mean no layer are named, with the nearest name", "[nncf]") {
  NncfConfig config;
  MagnitudeSparsity sparsity;
  sparsity.scopes.target = {"/encoder/covn1", "/encoder/conv2"};
  sparsity.scopes.ignored = {"{re}decoder"};
  Quantization quantization;
  quantization.weights.scopes.ignored = {"/encoder/covn1"};  // once is enough
  quantization.overrides.emplace_back().scope = "somewhere";
  config.algorithms = {sparsity, quantization};
  const std::vector<std::string> layers = {"/encoder/conv1", "/encoder/conv2"};
  const std::vector<std::string> sentences = unmatched_scopes(config, layers);
  REQUIRE(sentences.size() == 3);
  CHECK_THAT(sentences[0], ContainsSubstring("magnitude_sparsity") &&
                               ContainsSubstring("'/encoder/covn1'") &&
                               ContainsSubstring("did you mean '/encoder/conv1'?"));
  CHECK_THAT(sentences[1], ContainsSubstring("'{re}decoder'"));
  CHECK_THAT(sentences[2], ContainsSubstring("'somewhere'") && !ContainsSubstring("did you mean"));
}

}  // namespace
}  // namespace edgy::converter::nncf
