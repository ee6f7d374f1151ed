// The pipeline as programs call it: notes, the summary, --strict, and the one end of every
// conversion.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <sstream>

#include "converter/calibration/runner.h"
#include "converter/compress/quantize.h"
#include "converter/convert.h"
#include "converter/error.h"
#include "converter/export/constant_storage.h"
#include "converter/export/package.h"
#include "converter/quantization/layers.h"
#include "tests/unit/converter/compress/layer_model.h"
#include "tests/unit/converter/private_encoder/encoder_data.h"

namespace edgy::converter {
namespace {

namespace fb = format::fb;
using Catch::Matchers::ContainsSubstring;

ConvertRequest encoder_request() {
  ConvertRequest request;
  request.model = test_data() / "models/edgy-256.onnx";
  request.calibration = test_data() / "speech/manifest.csv";
  request.config.quantize.calibration_samples = 2;
  return request;
}

struct Notes final : ConvertListener {
  std::vector<std::string> notes;
  void note(const std::string& text) override { notes.push_back(text); }
};

/// The file's model.
fb::ModelT unpack(const std::vector<uint8_t>& bytes) {
  fb::ModelT model;
  fb::GetModel(bytes.data())->UnPackTo(&model);
  return model;
}

std::string printed(const ConversionSummary& summary, bool all = false) {
  std::ostringstream out;
  print(summary, all, out);
  std::istringstream lines(out.str());
  for (std::string line; std::getline(lines, line);)
    CHECK(line.size() <= 80);
  return out.str();
}

uint64_t sum(const ConversionSummary& summary) {
  uint64_t total = summary.other_bytes;
  for (const auto& [kind, bytes] : summary.bytes)
    total += bytes;
  return total;
}

TEST_CASE("a conversion says what became of the model", "[convert]") {
  Notes listener;
  const Conversion done = convert(encoder_request(), listener);
  CHECK(listener.notes.empty());
  CHECK(done.summary.file_bytes == done.bytes.size());
  CHECK(done.summary.source_bytes > done.bytes.size());
  CHECK(done.summary.integer_layers.size() == 6);
  CHECK(done.summary.integer_layers[0].activation_bits == 7);
  CHECK(done.summary.float_layers.empty());
  CHECK(done.summary.bytes.at("int8 weights") > done.bytes.size() / 2);
  CHECK(sum(done.summary) == done.bytes.size());
  const std::string text = printed(done.summary);
  CHECK_THAT(text, ContainsSubstring("int8: 6 of 6 layers"));
  CHECK_THAT(text, ContainsSubstring("1 NearestCode"));
  const fb::ModelT model = unpack(done.bytes);
  CHECK(model.metadata->policies.size() == 3);
  CHECK_THAT(model.metadata->config, ContainsSubstring("\"int8\""));
}

TEST_CASE("what stays float32 is said, and refused with --strict", "[convert]") {
  ConvertRequest request = encoder_request();
  request.config.quantize.min_layer_sqnr_db = 150;
  Notes listener;
  const Conversion done = convert(request, listener);
  REQUIRE(done.summary.float_layers.size() == 6);
  for (const FloatLayer& layer : done.summary.float_layers)
    CHECK(layer.reason == FloatReason::kDamage);
  const std::string text = printed(done.summary);
  CHECK_THAT(text, ContainsSubstring("int8: 0 of 6") && ContainsSubstring("float32: 6 of 6") &&
                       ContainsSubstring("min_layer_sqnr_db: 150.0"));
  const auto json = to_json(done.summary);
  CHECK(json["float_layers"].size() == 6);
  CHECK(json["float_layers"][0]["reason"] == "damage");
  const fb::ModelT model = unpack(done.bytes);
  CHECK_THAT(model.metadata->calibration, ContainsSubstring("\"float_because\":\"damage\""));
  request.strict = true;
  CHECK_THROWS_WITH(convert(request, listener),
                    ContainsSubstring("--strict: 6 layers") &&
                        ContainsSubstring(done.summary.float_layers[5].name));
}

TEST_CASE("settings that contradict each other are refused before any work", "[convert]") {
  ConvertRequest request;
  request.config.precision = Precision::kFloat32;
  request.strict = true;
  CHECK_THROWS_WITH(check_request(request), ContainsSubstring("--strict"));
  request.strict = false;
  CHECK_NOTHROW(check_request(request));
  request.config.quantize.budget.emplace();
  CHECK_THROWS_WITH(check_request(request), ContainsSubstring("budget"));
}

TEST_CASE("every operator with weights has a reason to be float32", "[convert]") {
  ModelMaker maker;
  const int x = maker.activation("x", {1, -1, 4});
  const int y = maker.activation("gru.y", {1, -1, 2});
  const int h = maker.activation("gru.h", {1, 2});
  const std::vector<float> w(6 * 4, 0.1F);
  const std::vector<float> r(6 * 2, 0.1F);
  fb::GruT gru;
  gru.hidden = 2;
  maker.add("control\x1b[2J", gru,
            {x, maker.constant("w", {6, 4}, w), maker.constant("r", {6, 2}, r)}, y);
  maker.model.operators.back()->outputs = {y, h};
  const int computed = maker.activation("computed", {1, -1, 2});
  maker.add("dense", fb::DenseT{}, {y, maker.constant("wd", {2, 2}, {1, 2, 3, 4})}, computed);
  maker.model.inputs = {x};
  maker.model.outputs = {computed};
  const auto layers = quantizable_layers(maker.model);
  REQUIRE(layers.size() == 1);
  Uniform uniform(3);
  FrameSource source({uniform.list(40)}, 4);
  SilentProgress progress;
  QuantizationReport report;
  fb::ModelT model = quantize(maker.model, source, {}, progress, report);
  const ConversionSummary summary = summarize(model, 1000, report.float_layers, true);
  CHECK(summary.integer_layers.size() == 1);
  REQUIRE(summary.float_layers.size() == 1);
  CHECK(summary.float_layers[0].reason == FloatReason::kNoIntegerForm);
  const std::string text = printed(summary);
  CHECK_THAT(text, ContainsSubstring("has no int8 form: Gru"));
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(summarize(maker.model, 1000, {}, false).float_layers[1].reason == FloatReason::kAsked);
}

TEST_CASE("a long list is cut unless all is asked for", "[convert]") {
  ConversionSummary summary;
  for (int i = 0; i < 40; ++i) {
    summary.float_layers.push_back(
        {"a/very/long/name/of/an/operator/in/some/module/" + std::to_string(i), "y",
         FloatReason::kRefused,
         "a reason that takes so many words that it goes on in a line "
         "of its own, and in another one"});
  }
  CHECK_THAT(printed(summary), ContainsSubstring("and 28 more"));
  CHECK_THAT(printed(summary, true), ContainsSubstring("/39:") && !ContainsSubstring("more:"));
}

TEST_CASE("packaging keeps what a model says, and says the rest", "[convert]") {
  fb::ModelT model = dense_model({{{1, 2, 3, 4}, {0}}});
  PackageOptions options;
  options.producer = "test";
  options.config = "{\"precision\":\"f32\"}";
  const fb::ModelT first = unpack(package(model, options));
  REQUIRE(first.metadata->policies.size() == 1);
  CHECK(first.metadata->policies[0]->level == fb::PrivacyLevel::Low);
  CHECK(first.metadata->config == options.config);
  CHECK(first.metadata->producer == "test");
  fb::ModelT again = first;
  again.metadata->policies[0]->level = fb::PrivacyLevel::High;
  const fb::ModelT second = unpack(package(again, {}));
  CHECK(second.metadata->policies[0]->level == fb::PrivacyLevel::High);
  CHECK(second.metadata->config == options.config);
  CHECK(second.metadata->producer == "test");
}

TEST_CASE("a model that no extents can be planned for is not written", "[convert]") {
  // The extents of x and of the constant never agree.
  ModelMaker maker;
  const int x = maker.activation("x", {1, 3});
  const int y = maker.activation("y", {1, 4});
  fb::BinaryT add;
  maker.add("add", add, {x, maker.constant("c", {1, 4}, {1, 2, 3, 4})}, y);
  maker.model.inputs = {x};
  maker.model.outputs = {y};
  CHECK_THROWS_AS(package(maker.model, {}), Error);
}

/// x [1, 8, 8, 4], zeros before and behind its channels, a mask by channel that is stored whole.
fb::ModelT repeated_constants(bool front, bool behind) {
  ModelMaker maker;
  const int x = maker.activation("x", {1, 8, 8, 4});
  std::vector<int> parts = {x};
  int channels = 4;
  if (front) {
    parts.insert(parts.begin(), maker.constant("front", {1, 8, 8, 3}, std::vector<float>(192)));
    channels += 3;
  }
  if (behind) {
    parts.push_back(maker.constant("behind", {1, 8, 8, 2}, std::vector<float>(128, 1.5F)));
    channels += 2;
  }
  const int y = maker.activation("padded", {1, 8, 8, channels});
  fb::ConcatT concat;
  concat.axis = 3;
  maker.add("concat", concat, parts, y);
  std::vector<float> mask;
  for (int i = 0; i < 64 * channels; ++i)
    mask.push_back(static_cast<float>(i % channels) / 3);
  const int z = maker.activation("masked", {1, 8, 8, channels});
  fb::BinaryT times;
  times.kind = fb::BinaryKind::Mul;
  maker.add("times", times, {y, maker.constant("mask", {1, 8, 8, channels}, mask)}, z);
  maker.model.inputs = {x};
  maker.model.outputs = {z, y};
  return std::move(maker.model);
}

TEST_CASE("repeated constants cost nothing and change nothing", "[convert]") {
  for (const bool front : {false, true}) {
    for (const bool behind : {false, true}) {
      CAPTURE(front, behind);
      const fb::ModelT whole = repeated_constants(front, behind);
      fb::ModelT stored = whole;
      store_repeated(stored);
      compact(stored);
      std::size_t bytes = 0;
      for (const auto& buffer : stored.buffers)
        bytes += buffer->data.size();
      CHECK(bytes <= 9 * sizeof(float));
      Uniform uniform(5);
      const Tensor x{"x", DataType::F32, {1, 8, 8, 4}, {}};
      Sample sample{"sample", {x}};
      const std::vector<float> values = uniform.list(256);
      const auto* raw = reinterpret_cast<const uint8_t*>(values.data());
      sample.inputs[0].data.assign(raw, raw + values.size() * sizeof(float));
      const auto before = Runner(whole).run(sample);
      const auto after = Runner(stored).run(sample);
      REQUIRE(before.size() == after.size());
      for (std::size_t i = 0; i < before.size(); ++i) {
        CHECK(before[i].shape == after[i].shape);
        CHECK(before[i].data == after[i].data);
      }
    }
  }
}

TEST_CASE("a constant that sets an extent stays whole", "[convert]") {
  // x [1, 1, 4] takes its 40 rows from the constant.
  ModelMaker maker;
  const int x = maker.activation("x", {1, 1, 4});
  const int y = maker.activation("y", {1, 40, 4});
  fb::BinaryT add;
  maker.add("add", add, {x, maker.constant("c", {1, 40, 4}, std::vector<float>(160, 2))}, y);
  maker.model.inputs = {x};
  maker.model.outputs = {y};
  store_repeated(maker.model);
  compact(maker.model);
  CHECK(maker.model.tensors[1]->shape.size() == 3);
  const Sample sample{"sample", {{"x", DataType::F32, {1, 1, 4}, std::vector<uint8_t>(16)}}};
  const Tensor result = Runner(maker.model).run(sample)[0];
  CHECK(result.shape == std::vector<int64_t>{1, 40, 4});
  CHECK(result.values<float>()[159] == 2);
}

}  // namespace
}  // namespace edgy::converter
