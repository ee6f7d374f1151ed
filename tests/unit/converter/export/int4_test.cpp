// Weights of few bits: how they are stored, and that they compute as int8 does.
#include "wasm/format/int4.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <numeric>

#include "converter/calibration/runner.h"
#include "converter/compare/compare.h"
#include "converter/compress/quantize.h"
#include "converter/export/export.h"
#include "converter/export/int4_storage.h"
#include "converter/export/sparse_storage.h"
#include "converter/models/model_files.h"
#include "converter/quantization/layers.h"
#include "converter/report/inspect.h"
#include "tests/unit/converter/private_encoder/encoder_data.h"

namespace edgy::converter {
namespace {

namespace fb = format::fb;

fb::ModelT quantized(const QuantizeOptions& options, std::size_t samples = 4) {
  SilentProgress progress;
  return quantize(encoder(), *recordings("train", samples), options, progress);
}

double sqnr_db(const fb::ModelT& model) {
  SilentProgress progress;
  const auto data = recordings("test", 8);
  return compare(encoder(), model, *data, progress).outputs[0].fidelity.sqnr_db();
}

TEST_CASE("4-bit integers are packed two in a byte, whatever their number", "[int4]") {
  for (std::size_t count = 0; count < 40; ++count) {
    std::vector<int8_t> values(count);
    for (std::size_t i = 0; i < count; ++i)
      values[i] = static_cast<int8_t>(static_cast<int>((i * 7) % 16) - 8);
    const std::vector<uint8_t> bytes = format::pack_int4(values);
    CHECK(bytes.size() == (count + 1) / 2);
    CHECK(format::unpack_int4(bytes, static_cast<int64_t>(count)) == values);
    if (count % 2 == 1)
      CHECK(bytes.back() >> 4 == 0);
  }
  const std::vector<int8_t> pair = {-8, 7};
  CHECK(format::pack_int4(pair) == std::vector<uint8_t>{0x78});
}

TEST_CASE("4-bit weights take half the bytes and give the same outputs, dense and sparse",
          "[int4]") {
  for (const bool sparse : {false, true}) {
    CAPTURE(sparse);
    QuantizeOptions options;
    options.weight_bits = 4;
    options.min_layer_sqnr_db = 0;  // every layer, however much it suffers
    if (sparse) {
      options.pruning.emplace();
      options.pruning->sparsity = 0.5;
      options.pruning->method = PruningMethod::kMagnitude;
      options.pruning->allocation = SparsityAllocation::kUniform;
    }
    const fb::ModelT as_bytes = quantized(options);
    fb::ModelT stored = as_bytes;
    store_sparse(stored);
    compact(stored);
    const std::size_t before = model_bytes(stored).size();
    store_int4(stored);
    compact(stored);
    stamp(stored, {"test", {}}, "test");
    CHECK(std::count(stored.features.begin(), stored.features.end(), "int4") == 1);
    const std::vector<uint8_t> bytes = serialize(stored);
    const ModelInfo info = inspect(stored, {.file_bytes = bytes.size()});
    uint64_t weights = 0;
    for (const OperatorInfo& op : info.operators) {
      if (op.kind != "Conv2D")
        continue;
      CHECK(op.weight_bits == 4);
      CHECK(op.density < (sparse ? 0.52 : 1.001));
      weights += op.bytes;
    }
    CHECK(bytes.size() < before - weights / 2);
    const Sample sample = recordings("test", 1)->sample(0);
    const auto expected = Runner(as_bytes).run(sample);
    const auto found = Runner(stored).run(sample);
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK(expected[i].data == found[i].data);
    expand_int4(stored);
    compact(stored);
    set_features(stored);
    CHECK(std::count(stored.features.begin(), stored.features.end(), "int4") == 0);
    CHECK(model_bytes(stored).size() >= before);
    const auto expanded = Runner(stored).run(sample);
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK(expected[i].data == expanded[i].data);
  }
}

TEST_CASE("fewer bits cost accuracy, reconstruction wins some of it back", "[int4]") {
  QuantizeOptions options;
  const double eight = sqnr_db(quantized(options));
  options.weight_bits = 4;
  options.min_layer_sqnr_db = 0;
  const double nearest = sqnr_db(quantized(options));
  options.rounding = RoundingMethod::kReconstruction;
  const double fitted = sqnr_db(quantized(options, 40));
  CAPTURE(eight, nearest, fitted);
  CHECK(nearest < eight - 6);
  CHECK(fitted > nearest + 1);
}

TEST_CASE("a layer that 4 bits spoil keeps 8", "[int4]") {
  QuantizeOptions options;
  options.weight_bits = 4;
  const auto bits = [&] {
    std::vector<int> result;
    const fb::ModelT model = quantized(options);
    for (const auto& op : model.operators) {
      if (op->options.type == fb::OperatorOptions::Conv2D) {
        const auto& weights = *model.tensors[static_cast<std::size_t>(op->inputs[1])];
        result.push_back(weights.quantization ? weights.quantization->bits : 32);
      }
    }
    return result;
  };
  options.min_layer_sqnr_db = 0;
  CHECK(bits() == std::vector<int>(6, 4));
  options.min_layer_sqnr_db = 32;  // the last layer's error reaches the output as it is
  CHECK(bits() == std::vector<int>{4, 4, 4, 4, 4, 8});
}

}  // namespace
}  // namespace edgy::converter
