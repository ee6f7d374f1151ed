// Sessions with a layer of more positions than 32 bits could cut into strips, from a small file.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "converter/calibration/runner.h"
#include "converter/lower/lower.h"
#include "converter/onnx/import.h"
#include "converter/passes/passes.h"
#include "tests/bench/models/graph.h"
#include "wasm/runtime/session/session.h"

namespace edgy::runtime {
namespace {

/// Sound of eight channels, padded by 600,000 positions and convolved in int8: an input of a few
/// hundred bytes makes a layer of more positions than 32 bits could cut into strips.
std::shared_ptr<const Model> padded_convolution() {
  bench::GraphBuilder g("padded", 7);
  g.input("x", {1, 8, -1});
  g.output("y", onnx::TensorProto::FLOAT, {1, 4, -1}, "U");
  g.node("Pad", {"x", g.integers("pads", {0, 0, 0, 0, 0, 600000})}, {"padded"});
  g.node("Conv", {"padded", g.weights("w", {4, 8, 3}, 0.2)}, {"y"});
  const onnx::ModelProto source = bench::quantize_dequantize(g.model(), {{-1, 1}});
  std::vector<uint8_t> bytes(source.ByteSizeLong());
  source.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  auto graph = converter::onnx_import::import_model(bytes, "padded.onnx");
  converter::passes::run_all(graph);
  auto model = Model::load(converter::model_bytes(converter::lower::lower_graph(graph)));
  REQUIRE(model);
  return *model;
}

TEST_CASE("session: a small file and a small input may make a long layer", "[long_layer]") {
  const auto model = padded_convolution();
  const auto run = [&](kernels::Isa isa) {
    SessionOptions options;
    options.isa = isa;
    auto session = Session::create(model, options);
    REQUIRE(session);
    const std::vector<Shape> shapes = {{1, 8, 16}};
    REQUIRE((*session)->prepare(shapes));
    const std::span<uint8_t> input = (*session)->input(0);
    for (std::size_t i = 0; i < 8 * 16; ++i) {
      const float value = static_cast<float>(i % 16) / 8 - 1;
      std::memcpy(input.data() + i * sizeof(float), &value, sizeof(float));
    }
    REQUIRE((*session)->run());
    const TensorView y = (*session)->output(0);
    CHECK(y.shape == Shape{1, 4, 600014});
    // Not in float.
    CHECK(std::ranges::any_of((*session)->profile(), [](const StepProfile& step) {
      return step.kernel.find("conv_int8") != std::string::npos;
    }));
    return std::vector<uint8_t>(y.data.begin(), y.data.end());
  };
  const std::vector<uint8_t> expected = run(kernels::Isa::kReference);
  for (const kernels::Isa isa : {kernels::Isa::kSimd128, kernels::Isa::kRelaxedPair}) {
    CAPTURE(kernels::to_string(isa));
    CHECK((run(isa) == expected));
  }
}

TEST_CASE("session: what no memory holds is refused in words, and the session goes on",
          "[long_layer]") {
  auto session = Session::create(padded_convolution());
  REQUIRE(session);
  // Bytes at the edges of 31 and 32 bits: 8 channels of 4 bytes.
  for (const int64_t extent : {(int64_t{1} << 26) - 1, int64_t{1} << 26, int64_t{1} << 27,
                               (int64_t{1} << 27) + 1, (int64_t{1} << 31) - 1}) {
    CAPTURE(extent);
    const std::vector<Shape> shapes = {{1, 8, extent}};
    const Result<void> prepared = (*session)->prepare(shapes);
    REQUIRE_FALSE(prepared);
    CHECK(prepared.error().code == ErrorCode::kOutOfMemory);
  }
  const std::vector<Shape> shapes = {{1, 8, 16}};
  REQUIRE((*session)->prepare(shapes));
  CHECK((*session)->run());
}

}  // namespace
}  // namespace edgy::runtime
