// A trained encoder as plain numbers in a folder: what passes from the program that trains (and is
// linked with libtorch) to the one that writes ONNX (and is not).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "converter/data/tensor.h"
#include "converter/private_encoder/settings/options.h"

namespace edgy::converter::private_encoder {

// NOLINTNEXTLINE(bugprone-exception-escape): moving a JSON value only asserts
struct TrainedEncoder {
  EncoderOptions shape;
  /// convN.{weight,bias,gain,shift,mean,variance} and codebook, float32 (network/encoder.h).
  std::map<std::string, Tensor> tensors;
  std::vector<int64_t> classes;     ///< of each code; the identity where none were merged
  std::vector<std::string> phones;  ///< of each code of the first stage; empty: no labels of frames
  nlohmann::ordered_json about;     ///< options, shares on dev, losses by step
};

/// Writes encoder.json and an .npy each into `folder`, which is made.
void write_trained(const std::filesystem::path& folder, const TrainedEncoder& encoder);
/// Throws Error naming the file that is missing or is not what write_trained writes.
TrainedEncoder read_trained(const std::filesystem::path& folder);

}  // namespace edgy::converter::private_encoder
