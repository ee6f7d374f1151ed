// Integers between layers: which operators become int8, and what is said of those that do not.
#include "converter/quantization/integer_operators.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstring>
#include <set>
#include <sstream>

#include "converter/calibration/fidelity.h"
#include "converter/calibration/runner.h"
#include "converter/compress/quantize.h"
#include "converter/quantization/sensitivity.h"
#include "converter/report/conversion_summary.h"
#include "tests/unit/converter/compress/layer_model.h"

namespace edgy::converter {
namespace {

namespace fb = format::fb;
using Catch::Matchers::ContainsSubstring;
using Options = fb::OperatorOptions;

constexpr int kWidth = 24;

/// A model under construction with its own weights, all of one width.
class Layers : public ModelMaker {
 public:
  explicit Layers(uint64_t seed) : random_(seed) {
    x = activation("x", {1, -1, kWidth});
    model.inputs = {x};
  }
  int layer(int input) {
    return dense("layer " + std::to_string(count_++), input,
                 {random_.list(kWidth * kWidth, 0.35F), random_.list(kWidth, 0.5F)});
  }
  int unary(fb::UnaryKind kind, int input) {
    fb::UnaryT options;
    options.kind = kind;
    const int y = activation(std::string(fb::EnumNameUnaryKind(kind)) + std::to_string(count_++),
                             {1, -1, kWidth});
    add(model.tensors.back()->name, options, {input}, y);
    return y;
  }
  int sum(int a, int b) {
    const int y = activation("sum" + std::to_string(count_++), {1, -1, kWidth});
    add(model.tensors.back()->name, fb::BinaryT(), {a, b}, y);
    return y;
  }
  fb::ModelT finish(const std::vector<int>& outputs) {
    model.outputs = outputs;
    return std::move(model);
  }
  int x = 0;

 private:
  Uniform random_;
  int count_ = 0;
};

FrameSource frames(uint64_t seed, std::size_t samples = 6) {
  Uniform random(seed);
  std::vector<std::vector<float>> all;
  for (std::size_t i = 0; i < samples; ++i)
    all.push_back(random.list(kWidth * 20, 2));
  return {all, kWidth};
}

fb::ModelT compressed(const fb::ModelT& f32, QuantizationReport& report,
                      const QuantizeOptions& options = {}) {
  FrameSource source = frames(5);
  SilentProgress progress;
  return quantize(f32, source, options, progress, report);
}

int count(const fb::ModelT& model, Options type) {
  return static_cast<int>(std::count_if(model.operators.begin(), model.operators.end(),
                                        [&](const auto& op) { return op->options.type == type; }));
}

/// How many operators of a type read int8.
int count_integers(const fb::ModelT& model, Options type) {
  return static_cast<int>(
      std::count_if(model.operators.begin(), model.operators.end(), [&](const auto& op) {
        const auto& input = *model.tensors[static_cast<std::size_t>(op->inputs[0])];
        return op->options.type == type && input.type == fb::DataType::I8;
      }));
}

double sqnr(const fb::ModelT& f32, const fb::ModelT& model) {
  const std::vector<Sample> samples = frames(77).all();
  return output_sqnr_db(model, samples, run_all(f32, samples));
}

TEST_CASE("an activation between two layers is a table of integers", "[integers]") {
  Layers m(1);
  const fb::ModelT f32 = m.finish({m.layer(m.unary(fb::UnaryKind::Gelu, m.layer(m.x)))});
  QuantizeOptions options;
  options.max_integer_loss_db = 6;
  QuantizationReport report;
  const fb::ModelT model = compressed(f32, report, options);
  REQUIRE(count_integers(model, Options::Unary) == 1);
  CHECK(count(model, Options::Quantize) == 1);  // of the input
  CHECK(count(model, Options::Dequantize) == 0);
  CHECK(report.float_operators.empty());
  // Nothing multiplies what the table reads: it has 8 bits. What it writes a layer reads: 7.
  const fb::OperatorT& op = *model.operators[2];
  REQUIRE(op.options.type == Options::Unary);
  CHECK(model.tensors[static_cast<std::size_t>(op.inputs[0])]->quantization->bits == 8);
  CHECK(model.tensors[static_cast<std::size_t>(op.outputs[0])]->quantization->bits == 7);
  CHECK_THAT(model.metadata->calibration, ContainsSubstring("\"operators_loss_db\""));

  QuantizeOptions floats;
  floats.max_integer_loss_db = 0;
  QuantizationReport other;
  const fb::ModelT before = compressed(f32, other, floats);
  const double lost = sqnr(f32, before) - sqnr(f32, model);
  CAPTURE(lost);
  CHECK(lost < 6);
}

TEST_CASE("a residual connection between layers adds integers", "[integers]") {
  Layers m(2);
  const int first = m.layer(m.x);
  const int second = m.layer(m.unary(fb::UnaryKind::Relu, first));
  const int joined = m.sum(first, second);
  const fb::ModelT f32 = m.finish({m.layer(m.layer(joined))});
  QuantizeOptions options;
  options.max_integer_loss_db = 6;
  QuantizationReport report;
  const fb::ModelT model = compressed(f32, report, options);
  CHECK(count_integers(model, Options::Unary) == 1);
  CHECK(count_integers(model, Options::Binary) == 1);
  CHECK(count(model, Options::Quantize) == 1);
  CHECK(count(model, Options::Dequantize) == 0);
  CHECK(sqnr(f32, model) > 20);
}

TEST_CASE("what costs too much stays float32, and is named with its loss", "[integers]") {
  // The greatest values are a thousand times the others, and Tanh takes only the others apart.
  Layers m(3);
  const int first = m.layer(m.x);
  fb::TensorT& bias = *m.model.tensors[static_cast<std::size_t>(first) - 1];
  auto& data = m.model.buffers[static_cast<std::size_t>(bias.buffer)]->data;
  const float huge = 3000;
  std::memcpy(data.data(), &huge, sizeof huge);
  const int tanh = m.unary(fb::UnaryKind::Tanh, first);
  const int gelu = m.unary(fb::UnaryKind::Gelu, m.layer(tanh));
  const fb::ModelT f32 = m.finish({m.layer(gelu)});
  QuantizeOptions options;
  options.max_integer_loss_db = 6;
  QuantizationReport report;
  const fb::ModelT model = compressed(f32, report, options);
  CHECK(count_integers(model, Options::Unary) == 1);  // Gelu is no reason for Tanh
  REQUIRE(report.float_operators.size() == 1);
  CHECK(report.float_operators[0].output == "Tanh1");
  CHECK(report.float_operators[0].reason == FloatReason::kLoss);
  CHECK_THAT(explain(report.float_operators[0]), ContainsSubstring("max_integer_loss_db: 6.00 dB"));
  ConversionSummary summary = summarize(model, 1000, report.float_layers, true);
  summary.float_operators = report.float_operators;
  std::ostringstream text;
  print(summary, false, text);
  CHECK_THAT(text.str(), ContainsSubstring("int8 without weights: 1 Unary") &&
                             ContainsSubstring("could be int8: 1") && ContainsSubstring("Tanh1"));
  CHECK(to_json(summary)["float_operators_left"][0]["reason"] == "loss");
}

TEST_CASE("values that move between layers stay integers, in one quantization", "[integers]") {
  Layers m(4);
  const int first = m.layer(m.x);
  const int other = m.layer(m.x);
  const int both = m.activation("both", {1, -1, kWidth});
  fb::ConcatT concat;
  concat.axis = 1;
  m.add("both", concat, {first, other}, both);
  const int half = m.activation("half", {1, -1, kWidth});
  fb::SliceT slice;
  slice.axes = {1};
  slice.starts = {0};
  slice.ends = {20};
  slice.steps = {1};
  m.add("half", slice, {both}, half);
  const fb::ModelT f32 = m.finish({m.layer(half), m.layer(both)});
  QuantizationReport report;
  const fb::ModelT model = compressed(f32, report);
  CHECK(count_integers(model, Options::Concat) == 1);
  CHECK(count_integers(model, Options::Slice) == 1);
  CHECK(count(model, Options::Quantize) == 1);
  const auto scale = [&](const fb::OperatorT& op) {
    return model.tensors[static_cast<std::size_t>(op.outputs[0])]->quantization->scale[0];
  };
  std::vector<float> scales;
  for (const auto& op : model.operators) {
    if (model.tensors[static_cast<std::size_t>(op->outputs[0])]->type == fb::DataType::I8 &&
        op->options.type != Options::Quantize)
      scales.push_back(scale(*op));
  }
  REQUIRE(scales.size() == 4);
  CHECK(std::set<float>(scales.begin(), scales.end()).size() == 1);
  CHECK(sqnr(f32, model) > 25);
}

TEST_CASE("integers that somebody reads as numbers are dequantized for them", "[integers]") {
  Layers m(5);
  const int gelu = m.unary(fb::UnaryKind::Gelu, m.layer(m.x));
  const fb::ModelT f32 = m.finish({m.layer(gelu), gelu});
  QuantizeOptions options;
  options.max_integer_loss_db = 100;
  QuantizationReport report;
  const fb::ModelT model = compressed(f32, report, options);
  CHECK(count_integers(model, Options::Unary) == 1);
  CHECK(count(model, Options::Dequantize) == 1);
  CHECK(sqnr(f32, model) > 25);
}

TEST_CASE("operators beside float32 are no candidates", "[integers]") {
  Layers m(6);
  // Behind the last layer, before the first, and beside a norm.
  const int first = m.layer(m.unary(fb::UnaryKind::Relu, m.x));
  const int last = m.unary(fb::UnaryKind::Tanh, m.layer(first));
  const fb::ModelT f32 = m.finish({last});
  CHECK(integer_candidates(f32, quantizable_layers(f32), {true, true}).empty());
  QuantizationReport report;
  const fb::ModelT model = compressed(f32, report);
  CHECK(count_integers(model, Options::Unary) == 0);
  CHECK_THAT(model.metadata->calibration, !ContainsSubstring("operators"));

  Layers between(7);
  const fb::ModelT one =
      between.finish({between.layer(between.unary(fb::UnaryKind::Relu, between.layer(between.x)))});
  CHECK(integer_candidates(one, quantizable_layers(one), {true, true}) == OperatorSet{1});
  CHECK(integer_candidates(one, quantizable_layers(one), {false, true}).empty());
  CHECK(integer_candidates(one, quantizable_layers(one), {true, false}).empty());
}

TEST_CASE("islands are operators that hand integers to each other", "[integers]") {
  Layers m(8);
  const int a = m.unary(fb::UnaryKind::Relu, m.layer(m.x));
  const int b = m.unary(fb::UnaryKind::Tanh, a);
  const int c = m.unary(fb::UnaryKind::Relu, m.layer(b));
  const fb::ModelT f32 = m.finish({m.layer(c)});
  const OperatorSet all = integer_candidates(f32, quantizable_layers(f32), {true, true, true});
  REQUIRE(all == OperatorSet{1, 2, 4});
  CHECK(islands_of(f32, all) == std::vector<OperatorSet>{{1, 2}, {4}});
}

TEST_CASE("every form gives the same integers between layers", "[integers]") {
  Layers m(9);
  const int first = m.layer(m.x);
  const int joined = m.sum(m.layer(m.unary(fb::UnaryKind::HardSwish, first)), first);
  const fb::ModelT f32 = m.finish({m.layer(joined)});
  QuantizeOptions options;
  options.max_integer_loss_db = 100;
  QuantizationReport report;
  const fb::ModelT model = compressed(f32, report, options);
  REQUIRE(count_integers(model, Options::Binary) == 1);
  const Sample sample = frames(3, 1).all()[0];
  std::vector<uint8_t> wanted;
  for (const kernels::Isa isa : kernels::available_isas()) {
    runtime::SessionOptions session;
    session.isa = isa;
    const std::vector<Tensor> outputs = Runner(model, nullptr, session).run(sample);
    if (wanted.empty())
      wanted = outputs[0].data;
    CHECK(outputs[0].data == wanted);
  }
}

}  // namespace
}  // namespace edgy::converter
