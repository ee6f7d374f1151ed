#include "converter/finetune/checkpoint.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fstream>

#include "converter/data/files.h"
#include "converter/error.h"

namespace edgy::converter::finetune {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
namespace fs = std::filesystem;

fs::path scratch() {
  const fs::path folder =
      fs::temp_directory_path() / ("edgy-checkpoint-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  return folder;
}

Checkpoint sample() {
  Checkpoint checkpoint;
  checkpoint.tensors["w"] = torch::arange(12, torch::kFloat).view({3, 4}) / 7;
  checkpoint.tensors["empty"] = torch::zeros({0, 3});
  checkpoint.state = {{"step", 17}, {"curve", {0.1, 1e-30}}};
  return checkpoint;
}

TEST_CASE("a checkpoint reads back as it was written", "[finetune]") {
  const fs::path path = scratch() / "a.safetensors";
  write_checkpoint(path, sample());
  const Checkpoint read = read_checkpoint(path);
  CHECK(read.state == sample().state);
  CHECK(torch::equal(read.tensors.at("w"), sample().tensors.at("w")));
  CHECK(read.tensors.at("empty").sizes() == sample().tensors.at("empty").sizes());
  torch::Tensor other = torch::zeros({3, 5});
  CHECK_THROWS_MATCHES(restore(read, "w", other), Error,
                       MessageMatches(ContainsSubstring("does not fit this model")));
  CHECK_THROWS_AS(restore(read, "v", other), Error);
}

TEST_CASE("a damaged checkpoint is refused in words", "[finetune]") {
  const fs::path path = scratch() / "b.safetensors";
  write_checkpoint(path, sample());
  const std::vector<uint8_t> bytes = read_bytes(path);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(length));
    INFO("cut to " << length << " of " << bytes.size());
    REQUIRE_THROWS_AS(read_checkpoint(path), Error);
  }
  std::ofstream(path, std::ios::binary) << "no checkpoint at all, but long enough to be one";
  CHECK_THROWS_MATCHES(read_checkpoint(path), Error,
                       MessageMatches(ContainsSubstring("is not a checkpoint")));
}

}  // namespace
}  // namespace edgy::converter::finetune
