// The state of training in one file, in the safetensors layout: eight bytes with the header's
// length, a JSON header (name -> dtype, shape, data_offsets; "__metadata__"), then the values.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace edgy::converter::finetune {

struct Checkpoint {
  std::map<std::string, torch::Tensor> tensors;  ///< float32 or int64
  nlohmann::json state;                          ///< all that is no tensor
};

/// Writes to a file beside `path`, syncs it to the disk and renames it: whenever the process dies,
/// `path` holds a whole checkpoint. Throws Error naming `path`.
void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// Throws Error naming `path` when it is no checkpoint or is damaged.
Checkpoint read_checkpoint(const std::filesystem::path& path);

/// Copies the stored tensor `name` into `target`. Throws Error when it is missing or has another
/// shape.
void restore(const Checkpoint& checkpoint, const std::string& name, torch::Tensor target);

}  // namespace edgy::converter::finetune
