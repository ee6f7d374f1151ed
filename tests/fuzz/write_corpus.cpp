// Writes what the fuzzers start from, one small file a case: write_fuzz_corpus FOLDER.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string_view>
#include <vector>

#include "converter/config/config.h"
#include "converter/data/npy.h"
#include "tests/loader/operator_models.h"
#include "tests/unit/converter/onnx/onnx_models.h"

namespace {

void write(const std::filesystem::path& folder, std::size_t number,
           const std::vector<uint8_t>& bytes) {
  std::filesystem::create_directories(folder);
  std::ofstream file(folder / std::to_string(number), std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

/// A few nodes with constants of the usual kinds, for a mutator to make others of.
edgy::converter::SmallModel small_model() {
  edgy::converter::SmallModel model;
  model.input("x", {1, 4, -1}).output("y", {1, 6, -1});
  model.floats("w", {6, 4, 3}, std::vector<float>(72, 0.1F)).floats("b", {6}, {1, 2, 3, 4, 5, 6});
  model.ints("shape", {1, 6, -1}).scalar("axis", 1);
  model.node("Conv", {"x", "w", "b"}, {"c"});
  model.node("Relu", {"c"}, {"r"});
  model.node("Reshape", {"r", "shape"}, {"y"});
  return model;
}

/// A configuration of NNCF with a little of everything.
constexpr std::string_view kNncf = R"({
  "input_info": {"sample_size": [1, 80, 100]},
  "compression": [
    {"algorithm": "quantization", "initializer": {"range": {"type": "mean_min_max", "num_init_samples": 10},
      "precision": {"type": "hawq", "bits": [4, 8], "compression_ratio": 1.5}},
     "weights": {"mode": "symmetric", "bits": 4, "per_channel": true}, "activations": {"bits": 8},
     "ignored_scopes": ["{re}.*Conv.*", "Encoder/Linear[0]"], "scope_overrides": {"weights": {"{re}x": {"bits": 8}}}},
    {"algorithm": "magnitude_sparsity", "params": {"schedule": "multistep", "multistep_steps": [2, 5],
      "multistep_sparsity_levels": [0.1, 0.3, 0.6]}},
    {"algorithm": "filter_pruning", "pruning_init": 0.1, "params": {"pruning_target": 0.4, "filter_importance": "L1"}}]
})";

std::vector<uint8_t> bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_fuzz_corpus FOLDER\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::size_t number = 0;
  for (const auto& base : edgy::tests::operator_models())
    write(folder / "model", number++, edgy::tests::bytes_of(base.model));
  write(folder / "onnx", 0, small_model().file());
  write(folder / "config", 0, bytes_of(kNncf));
  write(folder / "config", 1, bytes_of(edgy::converter::to_json(edgy::converter::ConvertConfig())));
  std::filesystem::create_directories(folder / "data");
  edgy::converter::write_npy(folder / "data" / "0",
                             edgy::converter::float_tensor({2, 3}, {1, 2, 3, 4, 5, 6}));
  return 0;
}
