// The torch twin of a model computes what the runtime computes.
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "converter/calibration/runner.h"
#include "converter/compress/quantize.h"
#include "converter/error.h"
#include "converter/finetune/network/network.h"
#include "converter/finetune/network/stored_weights.h"
#include "converter/finetune/trainer.h"
#include "tests/finetune/tiny_model.h"

namespace edgy::converter::finetune {
namespace {

namespace fb = format::fb;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

torch::Tensor as_torch(const Tensor& tensor) {
  return torch::from_blob(const_cast<uint8_t*>(tensor.data.data()), tensor.shape, torch::kFloat)
      .clone();
}

fb::ModelT tiny_int8(int activation_bits = 7) {
  MemorySource source(tiny_samples(8, 60, 2));
  SilentProgress progress;
  QuantizeOptions options;
  options.activation_bits = activation_bits;
  options.min_layer_sqnr_db = options.min_output_sqnr_db = -100;
  return quantize(tiny_model(), source, options, progress);
}

/// Outputs of the runtime and of the twin for the same inputs.
struct Both {
  std::vector<Tensor> runtime;
  Values twin;
};
Both run_both(const fb::ModelT& model, const Sample& sample) {
  torch::NoGradGuard no_grad;
  Network network(model);
  const std::vector<int> outputs(model.outputs.begin(), model.outputs.end());
  return {Runner(model).run(sample), network.run({as_torch(sample.inputs[0])}, outputs)};
}

TEST_CASE("a float32 twin agrees with the runtime to rounding", "[finetune]") {
  const auto model = tiny_model();
  for (const Sample& sample : tiny_samples(5, 77, 9)) {
    const Both both = run_both(model, sample);
    const torch::Tensor wanted = as_torch(both.runtime[0]);
    CHECK((both.twin.at(model.outputs[0]) - wanted).abs().max().item<float>() < 1e-4F);
  }
}

TEST_CASE("an int8 twin computes the runtime's integers, bit for bit", "[finetune]") {
  const int bits = GENERATE(2, 3, 4, 5, 6, 7, 8);
  CAPTURE(bits);
  const auto model = tiny_int8(bits);
  REQUIRE(std::any_of(model.tensors.begin(), model.tensors.end(), [&](const auto& tensor) {
    return tensor->type == fb::DataType::I8 && tensor->buffer < 0 &&
           tensor->quantization->bits == bits;
  }));
  for (const Sample& sample : tiny_samples(5, 77, 9)) {
    const Both both = run_both(model, sample);
    CHECK(torch::equal(both.twin.at(model.outputs[0]).contiguous(), as_torch(both.runtime[0])));
    const auto codes = both.runtime[1].values<int64_t>();
    const torch::Tensor twin = both.twin.at(model.outputs[1]).contiguous();
    CHECK(std::equal(codes.begin(), codes.end(), twin.data_ptr<int64_t>()));
  }
}

TEST_CASE("weights go through the twin and back unchanged", "[finetune]") {
  const auto model = tiny_int8();
  const Network network(model);
  fb::ModelT written = model;
  write_layers(network, written);
  const Sample sample = tiny_samples(1, 50, 4)[0];
  const auto before = Runner(model).run(sample);
  const auto after = Runner(written).run(sample);
  CHECK((as_torch(before[0]) - as_torch(after[0])).abs().max().item<float>() < 1e-4F);
}

TEST_CASE("fine-tuning wins back what zeros cost", "[finetune]") {
  const auto reference = tiny_model();
  MemorySource source(tiny_samples(48, 64, 3));
  MemorySource held_out(tiny_samples(8, 64, 4));
  const Crops train(source, reference, 64);
  const Crops dev(held_out, reference, 64);
  FinetuneOptions options;
  options.epochs = 30;
  options.batch = 8;
  options.sparsity = 0.5;
  options.learning_rate = 5e-3;
  options.evaluations_per_epoch = 1;
  double at_once = 0;
  const auto on_judgement = [&](const Judgement& judgement) {
    if (judgement.step > 0 && at_once == 0)
      at_once = judgement.sqnr_db;
  };
  const TrainingResult result = finetune(
      reference, tiny_int8(), {&train, &dev}, {}, options, {}, [](const auto&) {}, on_judgement);
  CHECK(result.log["sparsity"].back().get<double>() > 0.49);
  CHECK(result.judgements.back().sqnr_db > 8);
  // What the trainer saw is what the runtime gives: the model that is written is the one judged.
  fb::ModelT twice = result.model;
  const Both both = run_both(twice, held_out.sample(0));
  CHECK(torch::equal(both.twin.at(twice.outputs[0]).contiguous(), as_torch(both.runtime[0])));
}

TEST_CASE("a start that training does not improve comes back as it was", "[finetune]") {
  const auto reference = tiny_model();
  const auto student = tiny_int8();
  MemorySource source(tiny_samples(24, 64, 3));
  MemorySource held_out(tiny_samples(8, 64, 4));
  const Crops train(source, reference, 64);
  const Crops dev(held_out, reference, 64);
  FinetuneOptions options;
  options.epochs = 2;
  options.learning_rate = 1;  // ruins it
  const TrainingResult result = finetune(
      reference, student, {&train, &dev}, {}, options, {}, [](const auto&) {}, [](const auto&) {});
  CHECK(result.best_step == 0);
  CHECK(result.judgements.back().sqnr_db < result.judgements.front().sqnr_db - 10);
  for (const auto& op : student.operators) {
    if (op->options.type != fb::OperatorOptions::Conv2D)
      continue;
    for (std::size_t i = 1; i < op->inputs.size(); ++i) {
      const auto& before = *student.tensors[static_cast<std::size_t>(op->inputs[i])];
      const auto& after = *result.model.tensors[static_cast<std::size_t>(op->inputs[i])];
      INFO(before.name);
      if (before.quantization)
        CHECK(before.quantization->scale == after.quantization->scale);
      CHECK(student.buffers[static_cast<std::size_t>(before.buffer)]->data ==
            result.model.buffers[static_cast<std::size_t>(after.buffer)]->data);
    }
  }
}

TEST_CASE("an operator without a differentiable form is named", "[finetune]") {
  auto model = tiny_model();
  model.operators[0]->options.Set(fb::LstmT());
  CHECK_THROWS_MATCHES(Network(model), Error,
                       MessageMatches(ContainsSubstring("Lstm ('transpose')")));
}

}  // namespace
}  // namespace edgy::converter::finetune
