// Biases and weights of every size survive quantization, or stay float32 with a word.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <limits>

#include "converter/calibration/runner.h"
#include "converter/compress/quantize.h"
#include "converter/error.h"
#include "converter/quantization/integer_sums.h"
#include "converter/quantization/quantized_build.h"
#include "converter/quantization/source_integers.h"
#include "tests/unit/converter/compress/layer_model.h"

namespace edgy::converter {
namespace {

namespace fb = format::fb;
using Catch::Matchers::ContainsSubstring;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kInputs = 12;
constexpr std::size_t kOutputs = 32;

/// Ordinary weights, but for channels that are tiny, zero or below normal numbers beside ordinary
/// biases.
DenseWeights odd_channels(uint64_t seed) {
  Uniform uniform(seed);
  DenseWeights layer{uniform.list(kOutputs * kInputs, 0.3F), uniform.list(kOutputs)};
  const auto set = [&](std::size_t channel, float weight, float bias) {
    for (std::size_t k = 0; k < kInputs; ++k)
      layer.weights[channel * kInputs + k] = weight * uniform();
    layer.bias[channel] = bias;
  };
  set(2, 0, 0.3F);
  set(7, 1e-10F, 5);
  set(9, 1e-40F, 0.7F);
  set(11, 1e-37F, -2);
  set(13, 0, 0);
  set(20, 1e-10F, -5);
  set(25, 1e-44F, 0);
  set(30, 1e-6F, 1e-3F);
  return layer;
}

FrameSource frames(uint64_t seed, float scale = 1) {
  Uniform uniform(seed);
  std::vector<std::vector<float>> samples;
  for (int i = 0; i < 8; ++i)
    samples.push_back(uniform.list(20 * kInputs, scale));
  return {std::move(samples), kInputs};
}

std::size_t integer_layers(const fb::ModelT& model) {
  std::size_t count = 0;
  for (const auto& op : model.operators) {
    if (op->options.type != fb::OperatorOptions::Dense)
      continue;
    const auto type = model.tensors[static_cast<std::size_t>(op->inputs[1])]->type;
    count += type == fb::DataType::I8;
  }
  return count;
}

TEST_CASE("a channel keeps its bias beside tiny, zero and subnormal weights", "[integer_sums]") {
  const uint64_t seed = 11;
  CAPTURE(seed);
  const fb::ModelT model = dense_model({odd_channels(seed)});
  QuantizeOptions options;
  SECTION("rounded") {}
  SECTION("in 4 bits") {
    options.weight_bits = 4;
  }
  SECTION("reconstructed") {
    options.rounding = RoundingMethod::kReconstruction;
  }
  SECTION("pruned") {
    options.pruning.emplace().allocation = SparsityAllocation::kUniform;
  }
  SECTION("pruned by magnitude") {
    options.pruning.emplace().method = PruningMethod::kMagnitude;
    options.pruning->allocation = SparsityAllocation::kUniform;
  }
  SECTION("within a budget") {
    options.budget.emplace().speedup = 1;
  }
  for (const float scale : {1.0F, 255.0F}) {
    FrameSource source = frames(seed + 1, scale);
    options.min_layer_sqnr_db = 0;
    SilentProgress progress;
    QuantizationReport report;
    const fb::ModelT quantized = quantize(model, source, options, progress, report);
    CHECK(report.float_layers.empty());
    CHECK(integer_layers(quantized) == 1);
    Runner before(model);
    Runner after(quantized);
    for (const Sample& sample : source.all()) {
      const Tensor wanted = before.run(sample)[0];
      const Tensor given = after.run(sample)[0];
      for (const std::size_t channel : {2, 7, 9, 11, 13, 20, 25}) {
        for (std::size_t i = channel; i < wanted.elements(); i += kOutputs) {
          CAPTURE(channel, scale);
          const float real = wanted.values<float>()[i];
          REQUIRE(std::fabs(given.values<float>()[i] - real) <= 1e-4F * std::fabs(real) + 1e-30F);
        }
      }
    }
  }
}

TEST_CASE("between integer layers a bias is kept to half a step", "[integer_sums]") {
  const uint64_t seed = 12;
  CAPTURE(seed);
  Uniform uniform(seed);
  const fb::ModelT model =
      dense_model({odd_channels(seed), {uniform.list(4 * kOutputs, 0.2F), uniform.list(4)}});
  FrameSource source = frames(seed + 1);
  SilentProgress progress;
  const fb::ModelT quantized = quantize(model, source, {}, progress);
  REQUIRE(integer_layers(quantized) == 2);
  const fb::OperatorT& second = *quantized.operators.back();
  const int middle = second.inputs[0];
  const auto& grid = *quantized.tensors[static_cast<std::size_t>(middle)]->quantization;
  Tensor seen;
  Runner runner(quantized, [&](int32_t tensor, const runtime::TensorView& view) {
    if (tensor == middle)
      seen.data.assign(view.data.begin(), view.data.end());
  });
  runner.run(source.all().front());
  const std::pair<std::size_t, float> known[] = {{2, 0.3F}, {7, 5.0F}, {9, 0.7F}, {20, -5.0F}};
  for (const auto& [channel, bias] : known) {
    const int stored = seen.values<int8_t>()[channel];
    const float real = grid.scale[0] * static_cast<float>(stored - grid.zero_point[0]);
    CHECK(std::fabs(real - bias) <= 0.501F * grid.scale[0]);
  }
}

TEST_CASE("scales grow only where a sum would leave 32 bits", "[integer_sums]") {
  QuantizedWeights weights{{127, -127, 3, 0, 0, 0, 127, 1, 0}, {0.01F, 1.0F, 1e-12F}, 8};
  const QuantizedWeights before = weights;
  const std::vector<float> bias = {1, 0.25F, 5};
  fit_sums(weights, bias, {0.02F, std::nullopt});
  CHECK(weights.scale[0] == before.scale[0]);
  CHECK(std::equal(weights.values.begin(), weights.values.begin() + 3, before.values.begin()));
  CHECK(weights.scale[1] < 1e-8F);
  CHECK(weights.scale[2] > 1e-8F);
  const std::vector<double> real(bias.begin(), bias.end());
  const auto stored = integer_bias(weights, real, 0.02F);
  REQUIRE(stored);
  for (std::size_t o = 0; o < 3; ++o) {
    const double unit = double{0.02F} * weights.scale[o];
    CHECK(std::fabs((*stored)[o] * unit - real[o]) <= unit);
  }
  // As they came, the third bias does not fit.
  CHECK_FALSE(integer_bias(before, real, 0.02F));
}

TEST_CASE("a row of many large weights is made to fit", "[integer_sums]") {
  // 127 * 256 * 200,000 is three times what a sum may be.
  QuantizedWeights weights{std::vector<int8_t>(200'000, 127), {0.01F}, 8};
  CHECK_FALSE(integer_bias(weights, std::vector<double>{0}, 1));
  fit_sums(weights, {}, {1, std::nullopt});
  CHECK(integer_bias(weights, std::vector<double>{0}, 1));
  CHECK(weights.scale[0] * static_cast<float>(weights.values[0]) > 1.2F);
  CHECK(weights.scale[0] * static_cast<float>(weights.values[0]) < 1.35F);
}

/// Nine kinds of weights.
DenseWeights weights_of_kind(int kind, Uniform& uniform) {
  DenseWeights layer{uniform.list(8 * kInputs, 0.3F), uniform.list(8)};
  std::vector<float>& w = layer.weights;
  switch (kind) {
    case 1:
      std::fill(w.begin(), w.end(), 0.0F);
      break;
    case 2:
      std::fill(w.begin() + kInputs, w.begin() + 3 * kInputs, 0.0F);
      break;
    case 3:
      for (float& value : w)
        value *= 1e-39F;
      break;
    case 4:
      for (float& value : w)
        value *= 1e-20F;
      break;
    case 5:
      for (float& value : w)
        value *= 1e30F;
      break;
    case 6:
      w[17] = 3e38F;
      break;
    case 7:
      w[17] = kNaN;
      break;
    case 8:
      w[17] = -kInfinity;
      break;
    default:
      break;
  }
  return layer;
}

/// Nine kinds of calibration data.
FrameSource data_of_kind(int kind, Uniform& uniform) {
  std::vector<std::vector<float>> samples;
  for (int i = 0; i < 3; ++i)
    samples.push_back(uniform.list((kind == 1 ? 1 : 5) * kInputs));
  std::vector<float>& last = samples.back();
  switch (kind) {
    case 2:
      for (auto& sample : samples)
        std::fill(sample.begin(), sample.end(), 0.0F);
      break;
    case 3:
      for (auto& sample : samples) {
        for (float& value : sample)
          value *= 1e-39F;
      }
      break;
    case 4:
      for (auto& sample : samples)
        std::fill(sample.begin(), sample.end(), 0.7F);
      break;
    case 5:
      last[9] = 3e38F;
      break;
    case 6:
      last[8] = 3e38F;
      last[9] = -3e38F;
      break;
    case 7:
      last[9] = kNaN;
      break;
    case 8:
      last[9] = kInfinity;
      break;
    default:
      break;
  }
  return {std::move(samples), kInputs};
}

/// Whether all outputs are finite.
bool is_finite(const Tensor& tensor) {
  const auto values = tensor.values<float>();
  return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

/// Nine kinds of weights on nine kinds of data convert right, or are refused by name.
void convert_all_kinds(bool reconstruct) {
  const uint64_t seed = 13;
  CAPTURE(seed);
  for (int kind = 0; kind < 81; ++kind) {
    const int weight_kind = kind / 9;
    const int data_kind = kind % 9;
    {
      CAPTURE(weight_kind, data_kind, reconstruct);
      Uniform uniform(seed + static_cast<uint64_t>(kind));
      const fb::ModelT model = dense_model(
          {weights_of_kind(weight_kind, uniform), {uniform.list(4 * 8, 0.3F), uniform.list(4)}});
      FrameSource source = data_of_kind(data_kind, uniform);
      QuantizeOptions options;
      if (reconstruct)
        options.rounding = RoundingMethod::kReconstruction;
      for (const RangeMethod range : {RangeMethod::kMinMax, RangeMethod::kThreeSigma}) {
        options.range = range;
        SilentProgress progress;
        QuantizationReport report;
        fb::ModelT quantized;
        if (weight_kind >= 7 || data_kind >= 7) {
          const bool weights = weight_kind >= 7;
          const bool nan = weights ? weight_kind == 7 : data_kind == 7;
          CHECK_THROWS_WITH(
              quantize(model, source, options, progress, report),
              ContainsSubstring(nan ? "NaN" : "infinite") &&
                  ContainsSubstring(weights ? "layer 0.w" : "2.in.x.npy") &&
                  ContainsSubstring(weights ? "output channel 1, input channel 5" : "[0, 0, 9]"));
          continue;
        }
        REQUIRE_NOTHROW(quantized = quantize(model, source, options, progress, report));
        CHECK(integer_layers(quantized) + report.float_layers.size() == 2);
        if (data_kind == 2 || data_kind == 3) {
          REQUIRE_FALSE(report.float_layers.empty());
          CHECK(report.float_layers[0].reason == FloatReason::kInputZero);
        }
        Runner before(model);
        Runner after(quantized);
        double error = 0;
        double power = 0;
        for (const Sample& sample : source.all()) {
          const Tensor wanted = before.run(sample)[0];
          const Tensor given = after.run(sample)[0];
          if (!is_finite(wanted))
            continue;
          REQUIRE(is_finite(given));
          for (std::size_t i = 0; i < wanted.elements(); ++i) {
            const double real = wanted.values<float>()[i];
            error += std::pow(given.values<float>()[i] - real, 2);
            power += real * real;
          }
        }
        // One layer alone leaves 20 dB at least.
        if (range == RangeMethod::kMinMax)
          CHECK(error <= 0.05 * power);
      }
    }
  }
}

TEST_CASE("9 kinds of weights on 9 kinds of data convert right, or are refused by name",
          "[integer_sums]") {
  convert_all_kinds(false);
}

TEST_CASE("the same with weights rounded by reconstruction", "[integer_sums]") {
  convert_all_kinds(true);
}

TEST_CASE("an infinity that the model itself makes keeps a layer float32", "[integer_sums]") {
  Uniform uniform(14);
  DenseWeights large{uniform.list(8 * kInputs, 1e38F), uniform.list(8)};
  for (std::size_t k = 0; k < kInputs; ++k)
    large.weights[k] = 3e38F;
  const fb::ModelT model = dense_model({large, {uniform.list(4 * 8, 0.3F), uniform.list(4)}});
  FrameSource source({std::vector<float>(kInputs, 2.0F)}, kInputs);
  SilentProgress progress;
  QuantizationReport report;
  QuantizeOptions options;
  options.min_layer_sqnr_db = -100;
  quantize(model, source, options, progress, report);
  REQUIRE_FALSE(report.float_layers.empty());
  CHECK(report.float_layers.back().name == "layer 1");
  CHECK(report.float_layers.back().reason == FloatReason::kInputNotFinite);
}

/// x -> Quantize -> Dequantize -> op -> y, as lowering makes it of a quantized source.
struct QuantizedSource {
  ModelMaker maker;
  int real = 0;

  QuantizedSource() {
    const int x = maker.activation("x", {1, -1, 4});
    const int q = maker.activation("q", {1, -1, 4});
    maker.model.tensors.back()->type = fb::DataType::I8;
    maker.model.tensors.back()->quantization = grid(0.02F);
    real = maker.activation("real", {1, -1, 4});
    maker.add("quantize", fb::QuantizeT{}, {x}, q);
    maker.add("dequantize", fb::DequantizeT{}, {q}, real);
    maker.model.inputs = {x};
  }
  static std::unique_ptr<fb::QuantizationT> grid(float scale) {
    auto grid = std::make_unique<fb::QuantizationT>();
    grid->scale = {scale};
    grid->zero_point = {0};
    return grid;
  }
};

TEST_CASE("a quantized model without layers is one all the same", "[integer_sums]") {
  QuantizedSource source;
  const int sum = source.maker.activation("y", {1, -1, 4});
  fb::BinaryT add;
  add.kind = fb::BinaryKind::Add;
  source.maker.add("add", add, {source.real, source.real}, sum);
  source.maker.model.outputs = {sum};
  CHECK(keep_source_integers(source.maker.model).is_quantized);
  fb::ModelT floats = dense_model({{{1, 2, 3, 4}, {0}}});
  CHECK_FALSE(keep_source_integers(floats).is_quantized);
}

TEST_CASE("biases of a quantized model fit its scales, or the layer stays float32",
          "[integer_sums]") {
  const auto quantized = [](float weight_scale, const std::vector<float>& weights, float bias) {
    QuantizedSource source;
    const int y = source.maker.dense("layer", source.real, {weights, {bias}});
    const auto& op = *source.maker.model.operators.back();
    source.maker.model.tensors[static_cast<std::size_t>(op.inputs[1])]->quantization =
        QuantizedSource::grid(weight_scale);
    source.maker.model.outputs = {y};
    return std::move(source.maker.model);
  };
  // A channel of zeros: the scale is the bias's.
  fb::ModelT zeros = quantized(1, {0, 0, 0, 0}, 0.3F);
  SourceIntegers kept = keep_source_integers(zeros);
  CHECK(kept.integer_layers == 1);
  FrameSource data({{0.5F, 0, 1, -1}}, 4);
  CHECK(std::fabs(Runner(zeros).run(data.all()[0])[0].values<float>()[0] - 0.3F) < 1e-6F);
  // Scales that are given can not grow.
  fb::ModelT tiny = quantized(1e-12F, {1e-12F, 2e-12F, 0, 0}, 5);
  kept = keep_source_integers(tiny);
  CHECK(kept.integer_layers == 0);
  REQUIRE(kept.float_layers.size() == 1);
  CHECK(kept.float_layers[0].reason == FloatReason::kSourceBias);
  CHECK(Runner(tiny).run(data.all()[0])[0].values<float>()[0] == 5);
}

}  // namespace
}  // namespace edgy::converter
