// Floats of half the size: the numbers, and models that hold some.
#include "wasm/format/float16.h"

#include <Eigen/Core>
#include <algorithm>
#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <random>

#include "converter/calibration/runner.h"
#include "converter/compare/compare.h"
#include "converter/compress/quantize.h"
#include "converter/export/export.h"
#include "converter/quantization/float16_storage.h"
#include "converter/quantization/layers.h"
#include "converter/report/inspect.h"
#include "tests/unit/converter/private_encoder/encoder_data.h"
#include "wasm/format/verify.h"

namespace edgy::converter {
namespace {

namespace fb = format::fb;
using format::from_float16;
using format::to_float16;

TEST_CASE("every binary16 becomes the float of the same value and comes back", "[float16]") {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float value = from_float16(half);
    const auto expected = static_cast<float>(Eigen::numext::bit_cast<Eigen::half>(half));
    if (std::isnan(expected)) {
      REQUIRE(std::isnan(value));
      REQUIRE(std::isnan(from_float16(to_float16(value))));
      continue;
    }
    REQUIRE(std::bit_cast<uint32_t>(value) == std::bit_cast<uint32_t>(expected));
    REQUIRE(to_float16(value) == half);
  }
}

TEST_CASE("floats become the nearest binary16, ties to even", "[float16]") {
  const auto check = [](float value) {
    CAPTURE(value);
    const auto expected = Eigen::numext::bit_cast<uint16_t>(Eigen::half(value));
    REQUIRE(to_float16(value) == expected);
  };
  // Between all neighbours: the middle, and a hair on either side of it.
  for (uint32_t bits = 0; bits < 0x7c00; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float middle = (from_float16(half) + from_float16(static_cast<uint16_t>(bits + 1))) / 2;
    if (!std::isfinite(middle))
      continue;
    for (const float value : {middle, std::nextafter(middle, 0.0F), std::nextafter(middle, 1e9F)}) {
      check(value);
      check(-value);
    }
  }
  for (const float value :
       {65504.0F, 65519.99F, 65520.0F, 1e30F, 0x1p-25F, 0x1.000002p-25F,
        std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::infinity()}) {
    check(value);
    check(-value);
  }
  const unsigned seed = 20261125;
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 100'000; ++i) {
    const float value = std::bit_cast<float>(static_cast<uint32_t>(random()));
    if (!std::isnan(value))
      check(value);
  }
}

QuantizeOptions halves() {
  QuantizeOptions options;
  options.float_storage = FloatStorage::kFloat16;
  return options;
}

TEST_CASE("a model's codebook in half the bytes: the same z, nearly all codes", "[float16]") {
  SilentProgress progress;
  const auto calibration = [] { return recordings("train", 4); };
  fb::ModelT whole = quantize(encoder(), *calibration(), {}, progress);
  fb::ModelT half = quantize(encoder(), *calibration(), halves(), progress);
  for (fb::ModelT* model : {&whole, &half}) {
    compact(*model);
    stamp(*model, {"test", {}}, "test");
  }
  CHECK(std::count(whole.features.begin(), whole.features.end(), "float16") == 0);
  CHECK(std::count(half.features.begin(), half.features.end(), "float16") == 1);
  const std::size_t before = serialize(whole).size();
  const std::vector<uint8_t> bytes = serialize(half);
  CHECK(bytes.size() + 60'000 < before);  // 512 codes of 64 values lose 65,536 bytes
  const ModelInfo info = inspect(half, {.file_bytes = bytes.size()});
  CHECK(std::any_of(info.operators.begin(), info.operators.end(), [](const OperatorInfo& op) {
    return op.kind == "NearestCode" && op.weight_bits == 16;
  }));

  const auto data = recordings("test", 8);
  const Comparison comparison = compare(whole, half, *data, progress);
  for (const OutputComparison& output : comparison.outputs) {
    CAPTURE(output.name);
    if (output.name == "z")
      CHECK(output.fidelity.sqnr_db() > 200);
    if (output.name == "indices")
      CHECK(100 * output.equal > 98 * output.count);
  }

  fb::ModelT expanded = half;
  expand_float16(expanded);
  set_features(expanded);
  CHECK(expanded.features.empty());
  const Sample sample = recordings("test", 1)->sample(0);
  const auto expected = Runner(expanded).run(sample);
  const auto found = Runner(half).run(sample);
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK(expected[i].data == found[i].data);
}

TEST_CASE("weights of a float model in half the bytes", "[float16]") {
  fb::ModelT half = encoder();
  store_float16(half);
  compact(half);
  CHECK(model_bytes(half).size() < model_bytes(encoder()).size() * 51 / 100);
  SilentProgress progress;
  const auto data = recordings("test", 4);
  for (const OutputComparison& output : compare(encoder(), half, *data, progress).outputs) {
    if (output.name == "z")
      CHECK(output.fidelity.sqnr_db() > 50);
  }
}

TEST_CASE("values that binary16 cannot hold stay as they are", "[float16]") {
  const auto with_constant = [](float value) {
    fb::ModelT model;
    auto tensor = std::make_unique<fb::TensorT>();
    tensor->name = "constant";
    tensor->shape = {300};
    tensor->buffer = 0;
    model.tensors.push_back(std::move(tensor));
    const std::vector<float> values(300, value);
    auto buffer = std::make_unique<fb::BufferT>();
    buffer->data.resize(1200);
    std::memcpy(buffer->data.data(), values.data(), 1200);
    model.buffers.push_back(std::move(buffer));
    CHECK(float16_candidates(model).empty());  // nothing reads it
    model.operators.push_back(std::make_unique<fb::OperatorT>());
    model.operators.back()->inputs = {-1, 0};
    return float16_candidates(model).size();
  };
  CHECK(with_constant(0.1F) == 1);
  CHECK(with_constant(0) == 1);
  CHECK(with_constant(1e5F) == 0);
  CHECK(with_constant(1e-7F) == 0);
  CHECK(with_constant(std::numeric_limits<float>::quiet_NaN()) == 0);
  CHECK(with_constant(-std::numeric_limits<float>::infinity()) == 0);
}

TEST_CASE("a float16 constant of the wrong size is refused by name", "[float16]") {
  fb::ModelT half = encoder();
  store_float16(half);
  compact(half);
  for (const auto& tensor : half.tensors) {
    if (tensor->type == fb::DataType::F16) {
      half.buffers[static_cast<std::size_t>(tensor->buffer)]->data.pop_back();
      break;
    }
  }
  const auto checked = format::verify(model_bytes(half));
  REQUIRE_FALSE(checked);
  CHECK(checked.error().message.find("F16") != std::string::npos);
}

}  // namespace
}  // namespace edgy::converter
