#include "converter/finetune/masks/sparsity.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>

#include "converter/finetune/masks/mask_schedule.h"
#include "tests/finetune/tiny_model.h"

namespace edgy::converter::finetune {
namespace {

using Catch::Matchers::WithinAbs;
using torch::Tensor;

Tensor inputs() {
  torch::manual_seed(5);
  return torch::randn({2, 8, 40});
}

TEST_CASE("masks hold exactly the share asked for, ties included", "[finetune]") {
  const std::vector<Tensor> values = {torch::zeros({10, 10}), torch::ones({50})};
  for (const double level : {0.0, 0.2, 0.5, 0.8, 1.0}) {
    const auto masks = keep_greatest(values, level, true);
    const double kept = masks[0].sum().item<double>() + masks[1].sum().item<double>();
    CHECK(kept == 150 - std::llround(level * 150));
    const auto local = keep_greatest(values, level, false);
    CHECK(local[1].sum().item<double>() == 50 - std::llround(level * 50));
  }
}

TEST_CASE("blocks of input channels are zero together", "[finetune]") {
  const auto model = tiny_model();
  for (const int block : {1, 4}) {
    for (const Importance importance :
         {Importance::kMagnitude, Importance::kNormedMagnitude, Importance::kOutputPower}) {
      Network network(model);
      const InputPower power = measure_input_power(network, inputs());
      set_masks(network, 0.6, {block, importance, true, {}}, power);
      CHECK_THAT(sparsity_of(network), WithinAbs(0.6, 0.005));
      for (const Layer& layer : network.layers()) {
        const Tensor blocks = layer.mask.view({-1, block});
        CHECK(torch::equal(blocks.amin(1), blocks.amax(1)));
      }
    }
  }
}

/// A tenth of zeros in the first epoch, then three and five, until `freeze_epoch`.
CompressionPlan three_levels(int freeze_epoch) {
  CompressionPlan plan;
  plan.magnitude.emplace();
  plan.magnitude->params.schedule = nncf::SparsitySchedule::kMultistep;
  plan.magnitude->params.multistep_steps = {1, 2};
  plan.magnitude->params.multistep_levels = {0.1, 0.3, 0.5};
  plan.magnitude->params.freeze_epoch = freeze_epoch;
  return plan;
}

TEST_CASE("a multistep schedule reaches its levels and then stays", "[finetune]") {
  const auto model = tiny_model();
  Network network(model);
  FinetuneOptions options;
  options.sparsity_block = 1;
  const CompressionPlan plan = three_levels(3);
  MaskSchedule schedule(network, plan, options, {});
  const double wanted[] = {0.1, 0.3, 0.5, 0.5, 0.5};
  for (int64_t step = 0; step < 20; ++step) {
    const Moment now{step, 20, 4};
    schedule.before_step(now);
    CHECK_THAT(sparsity_of(network), WithinAbs(wanted[step / 4], 0.001));
    CHECK(schedule.complete(now) == (step > 8));
  }
}

TEST_CASE("the level of the epoch that freezes the masks is reached", "[finetune]") {
  const auto model = tiny_model();
  Network network(model);
  FinetuneOptions options;
  options.sparsity_block = 1;
  const CompressionPlan plan = three_levels(2);
  MaskSchedule schedule(network, plan, options, {});
  Tensor frozen;
  for (int64_t step = 0; step < 16; ++step) {
    // Before the step, masks are still those of the one before.
    CHECK(schedule.complete({step, 16, 4}) == (sparsity_of(network) > 0.499));
    schedule.before_step({step, 16, 4});
    if (step == 8)
      frozen = network.layers()[1].mask.clone();
    if (step > 8) {  // what weights do no longer matters
      network.layers()[1].weight.detach().neg_().add_(0.1);
      CHECK(torch::equal(network.layers()[1].mask, frozen));
    }
  }
  CHECK_THAT(sparsity_of(network), WithinAbs(0.5, 0.001));
}

TEST_CASE("random masks follow the seed and the step, and settle at the level", "[finetune]") {
  const auto model = tiny_model();
  CompressionPlan plan;
  plan.rb.emplace();
  plan.rb->params.schedule = nncf::SparsitySchedule::kMultistep;
  plan.rb->params.multistep_steps = {1};
  plan.rb->params.multistep_levels = {0.4, 0.4};
  FinetuneOptions options;
  options.sparsity_block = 1;
  Network first(model);
  Network second(model);
  MaskSchedule a(first, plan, options, {});
  MaskSchedule b(second, plan, options, {});
  b.before_step({3, 100, 50});
  a.before_step({7, 100, 50});
  b.before_step({7, 100, 50});
  CHECK(torch::equal(first.layers()[0].mask, second.layers()[0].mask));
  CHECK_THAT(sparsity_of(first), WithinAbs(0.4, 0.05));
  // Scores start at the level: nothing pulls at them yet; towards more zeros something does.
  CHECK_THAT(a.loss({7, 100, 50}).item<float>(), WithinAbs(0, 1e-6));
  plan.rb->params.multistep_levels = {0.8, 0.8};
  MaskSchedule more(first, plan, options, {});
  CHECK_THAT(more.loss({7, 100, 50}).item<float>(), WithinAbs(0, 1e-6));
  // Nothing was learned: the smallest weights go.
  a.settle({7, 100, 50});
  CHECK_THAT(sparsity_of(first), WithinAbs(0.4, 0.001));
  const Layer& layer = first.layers()[1];
  const Tensor magnitude = layer.weight.abs();
  CHECK(magnitude.masked_select(layer.mask.eq(0)).max().item<float>() <=
        magnitude.masked_select(layer.mask.ne(0)).min().item<float>());
}

TEST_CASE("zeros that are there stay with const_sparsity", "[finetune]") {
  const auto model = tiny_model();
  Network network(model);
  network.layers()[0].weight.view({-1}).narrow(0, 0, 100).zero_();
  CompressionPlan plan;
  plan.constant.emplace();
  const MaskSchedule schedule(network, plan, {}, {});
  CHECK(network.layers()[0].mask.view({-1}).narrow(0, 0, 100).sum().item<float>() == 0);
  CHECK(network.layers()[1].mask.min().item<float>() == 1);
}

}  // namespace
}  // namespace edgy::converter::finetune
