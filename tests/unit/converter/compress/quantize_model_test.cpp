// Compression as a whole, on the demo's own model and recordings.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <filesystem>

#include "converter/calibration/calibration.h"
#include "converter/calibration/runner.h"
#include "converter/compare/compare.h"
#include "converter/compress/quantize.h"
#include "converter/data/npy.h"
#include "converter/error.h"
#include "converter/models/model_files.h"
#include "converter/pruning/filter_pruning.h"
#include "converter/pruning/filter_repair.h"
#include "converter/quantization/layers.h"
#include "converter/quantization/sensitivity.h"
#include "tests/unit/converter/private_encoder/encoder_data.h"

namespace edgy::converter {
namespace {

namespace fb = format::fb;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("the float model computes what PyTorch computed", "[model]") {
  Runner runner(encoder());
  const auto arrays = read_npz(test_data() / "models/edgy-256-reference.npz");
  const auto find = [&](const std::string& name) {
    return *std::find_if(arrays.begin(), arrays.end(),
                         [&](const Tensor& t) { return t.name == name; });
  };
  for (int k = 0; k < 4; ++k) {
    const std::string prefix = std::to_string(k) + ".";
    const auto outputs = runner.run({prefix, {find(prefix + "mel")}});
    Fidelity fidelity;
    fidelity.add(find(prefix + "z").values<float>(), outputs[0].values<float>());
    CHECK(fidelity.sqnr_db() > 100);
    const Tensor wanted = find(prefix + "indices");
    CHECK(std::equal(wanted.data.begin(), wanted.data.end(), outputs[1].data.begin(),
                     outputs[1].data.end()));
  }
}

TEST_CASE("int8 keeps the codes of held-out speech", "[model]") {
  const auto calibration = recordings("train", 16);
  SilentProgress progress;
  const fb::ModelT quantized = quantize(encoder(), *calibration, {}, progress);
  const auto data = recordings("test", 12);
  const Comparison comparison = compare(encoder(), quantized, *data, progress);
  REQUIRE(comparison.outputs.size() == 3);
  CHECK(comparison.outputs[0].fidelity.cosine() >= 0.999);
  CHECK(static_cast<double>(comparison.outputs[1].equal) >=
        0.93 * static_cast<double>(comparison.outputs[1].count));
  CHECK(comparison.layers.size() >= 6);
  CHECK(static_cast<double>(model_bytes(quantized).size()) <
        0.28 *
            static_cast<double>(std::filesystem::file_size(test_data() / "models/edgy-256.onnx")));
  SECTION("the same again is the same file") {
    const auto again = recordings("train", 16);
    CHECK(model_bytes(quantize(encoder(), *again, {}, progress)) == model_bytes(quantized));
  }
  SECTION("it computes the same in every instruction form") {
    const Sample sample = data->sample(0);
    std::vector<Tensor> first;
    for (const kernels::Isa isa : kernels::available_isas()) {
      runtime::SessionOptions options;
      options.isa = isa;
      const auto outputs = Runner(quantized, nullptr, options).run(sample);
      if (first.empty())
        first = outputs;
      for (std::size_t i = 0; i < outputs.size(); ++i)
        CHECK(outputs[i].data == first[i].data);
    }
  }
}

TEST_CASE("layers that together cost too much get activations of 8 bits", "[model]") {
  const auto calibration = recordings("train", 4);
  SilentProgress progress;
  const auto wide_layers = [&](double least) {
    QuantizeOptions options;
    options.min_output_sqnr_db = least;
    const fb::ModelT model = quantize(encoder(), *calibration, options, progress);
    const std::string& report = model.metadata->calibration;
    int count = 0;
    for (std::size_t at = 0; (at = report.find("\"activation_bits\":8", at)) != std::string::npos;
         ++at)
      ++count;
    return count;
  };
  CHECK(wide_layers(0) == 0);
  CHECK(wide_layers(200) == 6);  // out of reach: all
}

TEST_CASE("a layer that can not be quantized well enough keeps more bits, then floats", "[model]") {
  const auto calibration = recordings("train", 4);
  SilentProgress progress;
  QuantizeOptions options;
  options.min_layer_sqnr_db = 150;  // out of reach: nothing may be quantized
  const fb::ModelT model = quantize(encoder(), *calibration, options, progress);
  for (const auto& tensor : model.tensors)
    CHECK(tensor->type != fb::DataType::I8);
}

Tensor z_of(const fb::ModelT& model, const Sample& sample, const runtime::SessionOptions& options) {
  const auto outputs = Runner(model, nullptr, options).run(sample);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (model.tensors[static_cast<std::size_t>(model.outputs[i])]->name == "z")
      return outputs[i];
  }
  FAIL("the encoder has no output z");
  return {};
}

TEST_CASE("fewer bits of activations give coarser steps, and every form the same answer",
          "[model]") {
  const auto calibration = recordings("train", 4);
  const Sample sample = calibration->sample(0);
  const Tensor reference = z_of(encoder(), sample, {});
  const auto wanted = reference.values<float>();
  SilentProgress progress;
  double error_before = 0;
  for (const int bits : {8, 7, 5, 3, 2}) {
    CAPTURE(bits);
    QuantizeOptions options;
    options.activation_bits = bits;
    options.min_layer_sqnr_db = options.min_output_sqnr_db = 0;
    const fb::ModelT model = quantize(encoder(), *calibration, options, progress);
    std::vector<uint8_t> first;
    double error = 0;
    for (const kernels::Isa isa : kernels::available_isas()) {
      runtime::SessionOptions session;
      session.isa = isa;
      const Tensor z = z_of(model, sample, session);
      if (first.empty()) {
        first = z.data;
        const auto values = z.values<float>();
        for (std::size_t i = 0; i < values.size(); ++i)
          error += std::pow(double{values[i]} - wanted[i], 2);
      }
      CHECK(z.data == first);
    }
    CHECK(error > error_before);
    error_before = error;
  }
}

TEST_CASE("calibration without data and impossible options are refused in words", "[model]") {
  SilentProgress progress;
  const auto calibration = recordings("train", 2);
  QuantizeOptions options;
  options.activation_bits = 1;
  CHECK_THROWS_WITH(quantize(encoder(), *calibration, options, progress),
                    ContainsSubstring("from 2 to 8"));
  options = {};
  options.weight_bits = 9;
  CHECK_THROWS_WITH(quantize(encoder(), *calibration, options, progress),
                    ContainsSubstring("from 2 to 8"));
  CHECK_THROWS_WITH(recordings("nosuch", 1),
                    ContainsSubstring("nosuch") && ContainsSubstring("train"));
  CHECK_THROWS_WITH(open_dataset("/nonexistent", encoder()), ContainsSubstring("/nonexistent"));
}

TEST_CASE("filter pruning removes channels through the graph without changing what is left",
          "[model]") {
  // Filters that are zero can go without a trace: make some so, prune as many, and compare.
  fb::ModelT model = encoder();
  const std::vector<Layer> layers = quantizable_layers(model);
  for (const Layer& layer : layers) {
    if (&layer == &layers.back())
      continue;
    for (const int tensor : {layer.weights, layer.bias}) {
      auto& t = *model.tensors[static_cast<std::size_t>(tensor)];
      auto& data = model.buffers[static_cast<std::size_t>(t.buffer)]->data;
      std::fill(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(data.size() / 4),
                uint8_t{0});
    }
  }
  fb::ModelT pruned = model;
  FilterPruningOptions options;
  options.rate = 0.25;
  options.importance = FilterImportance::kL2;
  options.prune_first = true;
  const auto report = prune_filters(pruned, options);
  REQUIRE(report.size() == 5);
  for (const PrunedChannels& entry : report) {
    CHECK(entry.before == 256);
    CHECK(entry.after == 192);
  }
  compact(pruned);
  CHECK(model_bytes(pruned).size() < 0.7 * static_cast<double>(model_bytes(model).size()));
  const Sample sample = recordings("test", 1)->sample(0);
  const auto before = Runner(model).run(sample);
  const auto after = Runner(pruned).run(sample);
  Fidelity fidelity;
  fidelity.add(before[0].values<float>(), after[0].values<float>());
  CHECK(fidelity.sqnr_db() > 100);  // only the order of float sums differs
}

TEST_CASE("filters go at the rate over all layers, and not from the first one unasked", "[model]") {
  for (const double rate : {0.2, 0.4, 0.6}) {
    CAPTURE(rate);
    fb::ModelT model = encoder();
    FilterPruningOptions options;
    options.rate = rate;
    options.multiple_of = 1;
    const auto report = prune_filters(model, options);
    REQUIRE(report.size() == 4);  // of six: the first layer, and the last, whose channels are `z`
    CHECK(std::fabs(pruned_share(report) - rate) <= 0.5 / (4 * 256));
    for (const PrunedChannels& entry : report) {
      CHECK(entry.layers.front() != quantizable_layers(model).front().name);
      CHECK(entry.kept.size() == static_cast<std::size_t>(entry.after));
    }
  }
}

TEST_CASE("layers behind removed filters are fitted to what they gave before", "[model]") {
  FilterPruningOptions options;
  options.rate = 0.4;
  fb::ModelT pruned = encoder();
  const auto report = prune_filters(pruned, options);
  fb::ModelT repaired = pruned;
  const auto train = recordings("train", 24);
  repair_filters(encoder(), report, read_samples(*train, 24), {}, *make_terminal_progress(),
                 repaired);
  const auto test = recordings("test", 4);
  const std::vector<Sample> samples = read_samples(*test, 4);
  const auto wanted = run_all(encoder(), samples);
  // Measured: 1.5 and 17 dB.
  const double before = output_sqnr_db(pruned, samples, wanted);
  const double after = output_sqnr_db(repaired, samples, wanted);
  CAPTURE(before, after);
  CHECK(after > before + 10);

  // Nothing is missing: nothing to repair.
  options.rate = 0;
  fb::ModelT whole = encoder();
  const auto none = prune_filters(whole, options);
  repair_filters(encoder(), none, {samples.front()}, {}, *make_terminal_progress(), whole);
  CHECK(output_sqnr_db(whole, samples, wanted) > 25);
}

TEST_CASE("filter importance by three measures", "[model]") {
  const std::vector<float> filters = {3, -4, 0, 0, 3, 4};
  CHECK(filter_importance(filters, 3, FilterImportance::kL1) == std::vector<double>{7, 0, 7});
  CHECK(filter_importance(filters, 3, FilterImportance::kL2) == std::vector<double>{5, 0, 5});
  CHECK(filter_importance(filters, 3, FilterImportance::kGeometricMedian) ==
        std::vector<double>{13, 10, 13});
  fb::ModelT model = encoder();
  FilterPruningOptions options;
  options.rate = 1;
  CHECK_THROWS_WITH(prune_filters(model, options), ContainsSubstring("0.95"));
}

}  // namespace
}  // namespace edgy::converter
