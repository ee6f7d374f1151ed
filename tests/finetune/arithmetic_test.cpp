// The differentiable operations against torch's own and against the runtime's definitions.
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>
#include <random>

#include "converter/finetune/loss_scaler.h"
#include "converter/finetune/network/convolution.h"
#include "converter/finetune/network/fake_quantize.h"
#include "converter/finetune/network/mixed_precision.h"
#include "converter/finetune/network/optimizer.h"
#include "converter/quantization/quantized_build.h"
#include "kernels/requantize.h"

namespace edgy::converter::finetune {
namespace {

using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using torch::Tensor;

float distance(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<float>();
}

TEST_CASE("a convolution over time and its gradients are torch's", "[finetune]") {
  std::mt19937 random(7);
  const auto draw = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  for (int round = 0; round < 40; ++round) {
    const TimeConvolution shape{draw(1, 5), draw(1, 3), draw(1, 2), draw(0, 3), draw(0, 3)};
    const int64_t channels = draw(1, 9);
    const int64_t filters = draw(1, 9);
    const int64_t sequences = draw(1, 4);
    const int64_t length = shape.dilation * (shape.kernel - 1) + draw(1, 20);
    INFO("round " << round << ": k" << shape.kernel << " s" << shape.stride << " d"
                  << shape.dilation << " p" << shape.pad_left << "," << shape.pad_right << " C"
                  << channels << " O" << filters << " N" << sequences << " T" << length);
    torch::manual_seed(round);
    const Tensor x = torch::randn({channels, sequences, length}).requires_grad_();
    const Tensor w = torch::randn({filters, shape.kernel, channels}).requires_grad_();
    const Tensor y = convolve_time(x, w, shape);
    const Tensor padded =
        at::constant_pad_nd(x.permute({1, 0, 2}), {shape.pad_left, shape.pad_right}, 0);
    const Tensor wanted =
        at::conv1d(padded, w.permute({0, 2, 1}), {}, at::IntArrayRef({shape.stride}),
                   at::IntArrayRef({0}), at::IntArrayRef({shape.dilation}))
            .permute({1, 0, 2});
    REQUIRE(y.sizes() == wanted.sizes());
    CHECK(distance(y, wanted) < 1e-4F);
    const Tensor g = torch::randn_like(wanted);
    const auto got = torch::autograd::grad({(y * g).sum()}, {x, w});
    const auto other = torch::autograd::grad({(wanted * g).sum()}, {x, w});
    CHECK(distance(got[0], other[0]) < 1e-4F);
    CHECK(distance(got[1], other[1]) < 1e-4F);
  }
}

TEST_CASE("requantization rounds and clamps as the kernels do", "[finetune]") {
  std::mt19937 random(11);
  std::uniform_int_distribution<int> sums(-60000, 60000);
  for (const float scale : {0.5F, 0.00123F, 1.0F, 0.25F}) {
    for (const int zero : {0, 1, 64, 127}) {
      for (int round = 0; round < 200; ++round) {
        const int sum = sums(random);
        const Tensor q = requantize(torch::full({1}, static_cast<float>(sum)),
                                    torch::full({1}, scale), 0 - zero, 127 - zero);
        CHECK(static_cast<int>(q.item<float>()) + zero ==
              kernels::requantize(sum, scale, zero, 0, 127));
      }
    }
  }
}

TEST_CASE("gradients stop where a value is clamped", "[finetune]") {
  const Tensor x = torch::tensor({-3.0F, 0.4F, 9.0F}).requires_grad_();
  requantize(x, torch::full({1}, 2.0F), 0, 10).sum().backward();
  CHECK(x.grad()[0].item<float>() == 0);
  CHECK(x.grad()[1].item<float>() == 2);
  CHECK(x.grad()[2].item<float>() == 0);
}

TEST_CASE("integer weights are the converter's", "[finetune]") {
  torch::manual_seed(3);
  Tensor w = torch::randn({5, 1, 3, 8});
  w[2].zero_();  // a row without weights
  const IntegerWeights integers = quantize_weights(w, 8);
  const Tensor flat = w.contiguous();
  const QuantizedWeights wanted =
      round_weights({flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()}, 5);
  const Tensor values = integers.values.contiguous();
  for (std::size_t i = 0; i < wanted.values.size(); ++i)
    REQUIRE(values.data_ptr<float>()[i] == wanted.values[i]);
  for (std::size_t o = 0; o < 5; ++o)
    CHECK(integers.scale.data_ptr<float>()[o] == wanted.scale[o]);
  CHECK(quantize_weights(w, 4).values.abs().max().item<float>() == 7);
}

TEST_CASE("overflow skips a step and halves the loss scale; good steps double it", "[finetune]") {
  LossScaler scaler(1024, 3);
  CHECK(scaler.update(true));
  CHECK_FALSE(scaler.update(false));
  CHECK(scaler.scale() == 512);
  CHECK(scaler.update(true));
  CHECK(scaler.update(true));
  CHECK(scaler.scale() == 512);
  CHECK(scaler.update(true));
  CHECK(scaler.scale() == 1024);
  CHECK(scaler.state().skipped == 1);
  for (int i = 0; i < 100; ++i)
    scaler.update(false);
  CHECK(scaler.scale() == LossScaler::kLeast);
  LossScaler large(LossScaler::kMost, 1);
  large.update(true);
  CHECK(large.scale() == LossScaler::kMost);
}

TEST_CASE("mixed precision rounds what its level says", "[finetune]") {
  format::fb::OperatorT conv;
  conv.options.Set(format::fb::Conv2DT());
  format::fb::OperatorT softmax;
  softmax.options.Set(format::fb::SoftmaxT());
  format::fb::OperatorT add;
  add.options.Set(format::fb::BinaryT());
  const auto rounds = [](AmpLevel level, const format::fb::OperatorT& op) {
    return MixedPrecision(level, false).rounds(op);
  };
  CHECK_FALSE(rounds(AmpLevel::kO0, conv));
  CHECK(rounds(AmpLevel::kO1, conv));
  CHECK_FALSE(rounds(AmpLevel::kO1, add));
  CHECK(rounds(AmpLevel::kO2, add));
  CHECK_FALSE(rounds(AmpLevel::kO3, softmax));
  CHECK_FALSE(MixedPrecision(AmpLevel::kO2, false).rounds_masters());
  CHECK(MixedPrecision(AmpLevel::kO3, false).rounds_masters());
  const Tensor x = torch::full({1}, 1.0F + 1.0F / 1024);
  CHECK(MixedPrecision(AmpLevel::kO1, false).round(x).item<float>() == 1.0F);
  CHECK(MixedPrecision(AmpLevel::kO1, true).round(x).item<float>() == x.item<float>());
}

TEST_CASE("the learning rate rises, then falls along a cosine", "[finetune]") {
  FinetuneOptions options;
  options.learning_rate = 1;
  options.warmup = 0.1;
  options.final_learning_rate = 0.1;
  CHECK_THAT(learning_rate_at(options, 0, 100), WithinAbs(0.05, 1e-9));
  CHECK_THAT(learning_rate_at(options, 9, 100), WithinAbs(0.95, 1e-9));
  CHECK_THAT(learning_rate_at(options, 99, 100), WithinAbs(0.1, 1e-3));
  for (int64_t step = 11; step < 100; ++step)
    CHECK(learning_rate_at(options, step, 100) < learning_rate_at(options, step - 1, 100));
}

TEST_CASE("Adam's first step is the learning rate along the sign", "[finetune]") {
  FinetuneOptions options;
  options.gradient_clip = 0;
  Tensor value = torch::tensor({1.0F, 1.0F, 1.0F});
  Optimizer optimizer({{"v", value}}, options);
  (value * torch::tensor({5.0F, -0.01F, 0.0F})).sum().backward();
  optimizer.step(0.1);
  CHECK_THAT(value[0].item<float>(), WithinAbs(0.9, 1e-5));
  CHECK_THAT(value[1].item<float>(), WithinAbs(1.1, 1e-5));
  CHECK(value[2].item<float>() == 1);
}

}  // namespace
}  // namespace edgy::converter::finetune
