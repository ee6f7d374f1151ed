// ONNX files, good and hostile.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <random>

#include "converter/data/files.h"
#include "converter/error.h"
#include "converter/lower/lower.h"
#include "converter/models/model_files.h"
#include "converter/onnx/import.h"
#include "converter/passes/passes.h"

namespace edgy::converter {
namespace {

using Catch::Matchers::ContainsSubstring;

const std::filesystem::path kModel = std::filesystem::path(EDGY_TEST_DATA) / "models/edgy-256.onnx";

TEST_CASE("the encoder becomes six convolutions, a code search and a look-up", "[onnx]") {
  const auto model = read_model(kModel);
  std::string kinds;
  for (const auto& op : model.operators)
    kinds += std::string(format::fb::EnumNameOperatorOptions(op->options.type)) + " ";
  CHECK(kinds == "Transpose Conv2D Conv2D Conv2D Conv2D Conv2D Conv2D NearestCode Gather ");
  CHECK(model.tensors[static_cast<std::size_t>(model.inputs[0])]->name == "mel");
  CHECK(model.tensors[static_cast<std::size_t>(model.inputs[0])]->shape ==
        std::vector<int32_t>{1, 80, -1});
  CHECK(model.tensors[static_cast<std::size_t>(model.outputs[0])]->name == "z");
}

TEST_CASE("files that are no ONNX model are refused by name", "[onnx]") {
  const std::vector<uint8_t> html = {'<', 'h', 't', 'm', 'l', '>'};
  CHECK_THROWS_WITH(onnx_import::import_model(html, "page.onnx"), ContainsSubstring("page.onnx"));
  CHECK_THROWS_AS(onnx_import::import_model({}, "empty.onnx"), Error);
  CHECK_THROWS_WITH(onnx_import::read_file("/nonexistent.onnx"),
                    ContainsSubstring("/nonexistent.onnx"));
}

TEST_CASE("damaged models give an error or a model, never a crash", "[onnx]") {
  // The structure stands at both ends of the file; the weights between are cut to keep a thousand
  // parses short.
  const std::vector<uint8_t> whole = read_bytes(kModel);
  const unsigned seed = 5;
  CAPTURE(seed);
  std::mt19937 random(seed);
  int refused = 0;
  constexpr int kRounds = 400;
  for (int i = 0; i < kRounds; ++i) {
    std::vector<uint8_t> bytes = whole;
    if (i % 4 == 0)
      bytes.resize(random() % whole.size());
    for (unsigned k = 0; k < 1 + random() % 6 && !bytes.empty(); ++k) {
      const std::size_t window = std::min<std::size_t>(bytes.size(), 6000);
      const std::size_t at = random() % window;
      bytes[random() % 2 ? at : bytes.size() - 1 - at] = static_cast<uint8_t>(random());
    }
    try {
      graph::Graph graph = onnx_import::import_model(bytes, "damaged.onnx");
      passes::run_all(graph);
      lower::lower_graph(graph);
    } catch (const Error& error) {
      ++refused;
      CHECK(std::string(error.what()).size() > 10);
    }
  }
  CHECK(refused > kRounds / 4);
}

}  // namespace
}  // namespace edgy::converter
