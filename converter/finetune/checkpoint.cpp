#include "converter/finetune/checkpoint.h"

#include <fcntl.h>
#include <torch/utils.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>

#include "converter/data/files.h"
#include "converter/error.h"

namespace edgy::converter::finetune {
namespace {

constexpr uint64_t kMaxHeader = uint64_t{1} << 26;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw Error(path.string() + ": " + what);
}

const char* dtype_name(const torch::Tensor& tensor) {
  return tensor.scalar_type() == torch::kLong ? "I64" : "F32";
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  nlohmann::ordered_json header;
  // The layout allows only strings as metadata.
  header["__metadata__"] = {{"format", "edgy-finetune"}, {"state", checkpoint.state.dump()}};
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
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t length = text.size();

  const std::filesystem::path temporary = path.string() + ".new";
  {
    const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(temporary.c_str(), "wb"));
    if (!file)
      fail(temporary, std::string("can not be written: ") + std::strerror(errno));
    bool good = std::fwrite(&length, sizeof(length), 1, file.get()) == 1 &&
                std::fwrite(text.data(), text.size(), 1, file.get()) == 1;
    for (const torch::Tensor& tensor : values)
      good =
          good && std::fwrite(tensor.data_ptr(), 1, tensor.nbytes(), file.get()) == tensor.nbytes();
    if (!good || std::fflush(file.get()) != 0 || ::fsync(::fileno(file.get())) != 0)
      fail(temporary, std::string("can not be written: ") + std::strerror(errno));
  }
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error)
    fail(path, "can not be replaced: " + error.message());
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
      const torch::Tensor tensor = torch::empty(shape, type);
      if (begin > end || end > bytes.size() - start || end - begin != tensor.nbytes())
        fail(path, "is damaged: tensor '" + name + "' lies outside the file");
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
