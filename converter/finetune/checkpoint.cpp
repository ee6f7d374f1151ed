#include "converter/finetune/checkpoint.h"

#include <torch/utils.h>

#include <cstring>
#include <optional>

#include "converter/data/files.h"
#include "converter/data/write_file.h"
#include "converter/error.h"
#include "converter/program.h"

namespace edgy::converter::finetune {
namespace {

constexpr uint64_t kMaxHeader = uint64_t{1} << 26;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw Error(path.string() + ": " + what);
}

/// Nothing for extents that no tensor in memory has.
std::optional<std::size_t> bytes_of(const std::vector<int64_t>& shape, std::size_t element) {
  std::size_t bytes = element;
  for (const int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(bytes, static_cast<std::size_t>(extent), &bytes))
      return std::nullopt;
  }
  return bytes;
}

const char* dtype_name(const torch::Tensor& tensor) {
  return tensor.scalar_type() == torch::kLong ? "I64" : "F32";
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  nlohmann::ordered_json header;
  // The layout allows only strings as metadata.
  header["__metadata__"] = {{"format", "edgy-finetune"},
                            {"state", json_text(checkpoint.state, -1)}};
  std::size_t offset = 0;
  std::vector<torch::Tensor> values;
  for (const auto& [name, tensor] : checkpoint.tensors) {
    values.push_back(tensor.detach().contiguous());
    const std::size_t bytes = values.back().nbytes();
    header[name] = {{"dtype", dtype_name(tensor)},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = json_text(header, -1);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t length = text.size();

  std::vector<std::span<const uint8_t>> parts = {
      {reinterpret_cast<const uint8_t*>(&length), sizeof(length)},
      {reinterpret_cast<const uint8_t*>(text.data()), text.size()}};
  for (const torch::Tensor& tensor : values)
    parts.emplace_back(static_cast<const uint8_t*>(tensor.data_ptr()), tensor.nbytes());
  write_file(path, parts);
}

Checkpoint read_checkpoint(const std::filesystem::path& path) {
  const std::vector<uint8_t> bytes = read_bytes(path);
  uint64_t length = 0;
  if (bytes.size() >= sizeof(length))
    std::memcpy(&length, bytes.data(), sizeof(length));
  if (length == 0 || length > kMaxHeader || length > bytes.size() - sizeof(length))
    fail(path, "is not a checkpoint of edgy finetune");
  const char* text = reinterpret_cast<const char*>(bytes.data()) + sizeof(length);
  const auto header = nlohmann::json::parse(text, text + length, nullptr, false);
  const std::size_t start = sizeof(length) + length;
  Checkpoint checkpoint;
  try {
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") {
        if (entry.at("format") != "edgy-finetune")
          fail(path, "is a safetensors file, but not a checkpoint of edgy finetune");
        checkpoint.state = nlohmann::json::parse(entry.at("state").get<std::string>());
        continue;
      }
      const auto shape = entry.at("shape").get<std::vector<int64_t>>();
      const auto begin = entry.at("data_offsets").at(0).get<std::size_t>();
      const auto end = entry.at("data_offsets").at(1).get<std::size_t>();
      const auto type = entry.at("dtype") == "I64" ? torch::kLong : torch::kFloat;
      // What the header claims is checked against what is there before memory is taken for it.
      if (begin > end || end > bytes.size() - start ||
          bytes_of(shape, torch::elementSize(type)) != end - begin)
        fail(path, "is damaged: tensor '" + name + "' lies outside the file");
      const torch::Tensor tensor = torch::empty(shape, type);
      std::memcpy(tensor.data_ptr(), bytes.data() + start + begin, end - begin);
      checkpoint.tensors[name] = tensor;
    }
  } catch (const nlohmann::json::exception&) {
    fail(path, "is damaged: its header is not what edgy finetune writes");
  }
  if (checkpoint.state.is_null())
    fail(path, "is not a checkpoint of edgy finetune");
  return checkpoint;
}

void restore(const Checkpoint& checkpoint, const std::string& name, torch::Tensor target) {
  torch::NoGradGuard no_grad;
  const auto found = checkpoint.tensors.find(name);
  if (found == checkpoint.tensors.end() || found->second.sizes() != target.sizes())
    throw Error("the checkpoint does not fit this model: '" + name + "' is " +
                (found == checkpoint.tensors.end() ? "missing" : "of another shape") +
                "; remove the run's folder to start anew");
  target.copy_(found->second);
}

}  // namespace edgy::converter::finetune
