// Fine-tuning is never worse than conversion: what zeros cost is made up for as they come, and what
// conversion alone gives stays the floor.
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <sstream>

#include "converter/calibration/runner.h"
#include "converter/compress/quantize.h"
#include "converter/finetune/masks/repair.h"
#include "converter/finetune/masks/sparsity.h"
#include "converter/finetune/outcome.h"
#include "converter/finetune/pace.h"
#include "converter/finetune/trainer.h"
#include "tests/finetune/tiny_model.h"

namespace edgy::converter::finetune {
namespace {

namespace fb = format::fb;
using Catch::Matchers::WithinAbs;

constexpr double kZeros = 0.6;
constexpr int kBlock = 4;

QuantizeOptions quantization(bool prunes) {
  QuantizeOptions options;
  options.min_layer_sqnr_db = 0;
  if (prunes) {
    options.pruning.emplace().sparsity = kZeros;
    options.pruning->pattern.block_cols = kBlock;
  }
  return options;
}

/// A tiny encoder, what training starts from, what conversion makes of it, and recordings.
struct Scene {
  explicit Scene(uint64_t seed)
      : reference(tiny_model(seed)),
        calibration(tiny_samples(16, 60, seed + 1)),
        held_out(tiny_samples(8, 64, seed + 3)),
        train_source(tiny_samples(32, 64, seed + 2)),
        dev_source(held_out),
        train(train_source, reference, 64),
        dev(dev_source, reference, 64),
        dense(compress(false)),
        conversion(compress(true)),
        repair(reference, calibration, quantization(true)) {}

  fb::ModelT compress(bool prunes) const {
    MemorySource source(calibration);
    SilentProgress progress;
    return quantize(reference, source, quantization(prunes), progress);
  }

  /// Share of the codes of dev that the runtime finds as the original does.
  double codes_equal(const fb::ModelT& model) const {
    int64_t equal = 0;
    int64_t all = 0;
    for (const Sample& sample : held_out) {
      const Tensor wanted = Runner(reference).run(sample)[1];
      const Tensor got = Runner(model).run(sample)[1];
      const auto codes = wanted.values<int64_t>();
      for (std::size_t i = 0; i < codes.size(); ++i)
        equal += codes[i] == got.values<int64_t>()[i];
      all += static_cast<int64_t>(codes.size());
    }
    return static_cast<double>(equal) / static_cast<double>(all);
  }

  TrainingData data() const { return {&train, &dev, nullptr, &conversion, &repair}; }

  fb::ModelT reference;
  std::vector<Sample> calibration;
  std::vector<Sample> held_out;
  MemorySource train_source;
  MemorySource dev_source;
  Crops train;
  Crops dev;
  fb::ModelT dense;
  fb::ModelT conversion;
  Repair repair;
};

FinetuneOptions few_steps() {
  FinetuneOptions options;
  options.epochs = 6;
  options.batch = 8;
  options.sparsity_block = kBlock;
  options.learning_rate = 1e-3;
  return options;
}

nncf::SparsityParams jump() {
  nncf::SparsityParams params;
  params.schedule = nncf::SparsitySchedule::kMultistep;
  params.multistep_steps = {1, 3};
  params.multistep_levels = {0.05, 0.1, kZeros};
  params.freeze_epoch = 100;
  return params;
}

CompressionPlan plan_of(const std::string& algorithm) {
  CompressionPlan plan;
  if (algorithm == "magnitude")
    plan.magnitude.emplace().params = jump();
  if (algorithm == "rb")
    plan.rb.emplace().params = jump();
  return plan;
}

TrainingResult train_on(const Scene& scene, const TrainingData& data, const CompressionPlan& plan,
                        const FinetuneOptions& options) {
  return finetune(
      scene.reference, scene.dense, data, plan, options, {}, [](const auto&) {},
      [](const auto&) {});
}

const Judgement& judged(const TrainingResult& result, const std::string& state) {
  const auto found = std::find_if(result.judgements.begin(), result.judgements.end(),
                                  [&](const Judgement& j) { return j.state == state; });
  REQUIRE(found != result.judgements.end());
  return *found;
}

TEST_CASE("training is never worse than conversion on dev", "[finetune]") {
  const std::string algorithm = GENERATE("magnitude", "rb", "options");
  const uint64_t seed = GENERATE(1, 2, 3);
  // From a rate that learns to one that ruins.
  const double rate = GENERATE(1e-3, 1.0);
  CAPTURE(algorithm, seed, rate);
  const Scene scene(seed);
  FinetuneOptions options = few_steps();
  options.learning_rate = rate;
  if (algorithm == "options")
    options.sparsity = kZeros;
  const TrainingResult result = train_on(scene, scene.data(), plan_of(algorithm), options);
  REQUIRE(result.conversion);
  REQUIRE(result.best);
  CHECK(merit(*result.best, options) >= merit(*result.conversion, options));
  CHECK_THAT(result.best->zeros, WithinAbs(kZeros, 0.02));
  // The runtime says the same of the models as training does.
  CHECK_THAT(scene.codes_equal(result.model), WithinAbs(result.best->code_agreement, 1e-9));
  CHECK(scene.codes_equal(result.model) >= scene.codes_equal(scene.conversion));
  if (rate == 1.0 && result.is_conversion)
    CHECK(scene.codes_equal(result.model) == scene.codes_equal(scene.conversion));
}

TEST_CASE("a schedule that is not over ends with the conversion", "[finetune]") {
  const Scene scene(4);
  FinetuneOptions options = few_steps();
  options.epochs = 2;  // the level comes in the fourth
  const TrainingResult result = train_on(scene, scene.data(), plan_of("magnitude"), options);
  CHECK(result.is_conversion);
  CHECK_FALSE(result.reached_last_stage);
  CHECK(scene.codes_equal(result.model) == scene.codes_equal(scene.conversion));
  const auto said = outcome(result, options, {});
  CHECK(said.at("warnings").at(0).get<std::string>().starts_with("training ended before"));
}

TEST_CASE("a jump of the schedule is made up for at once", "[finetune]") {
  const std::string algorithm = GENERATE("magnitude", "rb");
  const uint64_t seed = GENERATE(1, 2, 3);
  CAPTURE(algorithm, seed);
  const Scene scene(seed);
  const FinetuneOptions options = few_steps();
  TrainingData alone = scene.data();
  alone.conversion = nullptr;
  alone.repair = nullptr;
  const TrainingResult bare = train_on(scene, alone, plan_of(algorithm), options);
  const TrainingResult repaired = train_on(scene, scene.data(), plan_of(algorithm), options);
  CHECK(judged(repaired, "final masks").sqnr_db > judged(bare, "final masks").sqnr_db + 1);
  CHECK_THAT(judged(repaired, "final masks").zeros, WithinAbs(kZeros, 0.02));
}

TEST_CASE("a repair lowers the error under given masks and keeps them", "[finetune]") {
  const Scene scene(5);
  Network network(scene.dense);
  set_masks(network, 0.5, {kBlock, Importance::kNormedMagnitude, true, {}}, {});
  std::vector<torch::Tensor> masks;
  for (const Layer& layer : network.layers())
    masks.push_back(layer.mask.clone());
  torch::NoGradGuard no_grad;
  const torch::Tensor x =
      torch::from_blob(const_cast<uint8_t*>(scene.held_out[0].inputs[0].data.data()),
                       scene.held_out[0].inputs[0].shape, torch::kFloat);
  Network original(scene.reference);
  const torch::Tensor wanted =
      original.run({x}, {scene.reference.outputs[0]}).at(scene.reference.outputs[0]);
  const auto error = [&] {
    return (network.run({x}, {scene.dense.outputs[0]}).at(scene.dense.outputs[0]) - wanted)
        .square()
        .mean()
        .item<double>();
  };
  const double before = error();
  scene.repair.fit(network, kBlock, RepairEffort::kQuick);
  CHECK(error() < before);
  for (std::size_t i = 0; i < masks.size(); ++i)
    CHECK(torch::equal(network.layers()[i].mask, masks[i]));
}

TEST_CASE("the rate falls when patience ends, and training with it", "[finetune]") {
  FinetuneOptions options;
  options.patience = 2;
  options.rate_cuts = 1;
  Pace pace(options, 1000, 100);
  CHECK(pace.after(5) == Pace::Verdict::kGoOn);  // the schedule is not over
  CHECK(pace.rate(500) == options.learning_rate);
  pace.restart(500);
  CHECK(pace.rate(500) < options.learning_rate / 10);
  pace.enter_last_stage(600);
  CHECK(pace.after(1) == Pace::Verdict::kGoOn);
  const double before = pace.rate(700);
  CHECK(pace.after(2) == Pace::Verdict::kReturnToBest);
  CHECK_THAT(pace.rate(700), WithinAbs(before / 3, 1e-12));
  Pace resumed(options, 1000, 100);
  resumed.restore_from(pace.to_json());
  CHECK(resumed.rate(800) == pace.rate(800));
  CHECK(resumed.after(2) == Pace::Verdict::kStop);
}

TEST_CASE("the table fits a terminal and says where training did not pay", "[finetune]") {
  TrainingResult result;
  result.asked_zeros = 0.6;
  result.reached_last_stage = true;
  result.judgements = {{"start", 0, 0.9999, 31, 0.97, 0, {}},
                       {"final masks", 100, 0.98, 20, 0.8, 0.6, {}}};
  result.conversion = Judgement{"conversion", 0, 0.99, 25, 0.9, 0.6, {}};
  result.best = result.conversion;
  result.is_conversion = true;
  const auto said = outcome(result, {}, {0.4, 0.401});
  const std::string text = to_text(said);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    CHECK(line.size() <= 80);
  CHECK(text.find("warning: training did not pay") != std::string::npos);
  CHECK(text.find("conversion alone") != std::string::npos);
  CHECK(text.find("filters: 40.0 % asked, 40.1 % gone") != std::string::npos);
  result.is_conversion = false;
  result.best = Judgement{"training", 200, 0.995, 27, 0.93, 0.6, {}};
  const std::string paid = to_text(outcome(result, {}, {}));
  CHECK(paid.find("warning") == std::string::npos);
  CHECK(paid.find("93.0 % of codes equal on dev, conversion alone: 90.0 %") != std::string::npos);
}

}  // namespace
}  // namespace edgy::converter::finetune
