#include "converter/export/int4_storage.h"

#include <algorithm>
#include <map>
#include <memory>

#include "wasm/format/int4.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

bool fits(const std::vector<uint8_t>& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) {
    const auto value = static_cast<int8_t>(byte);
    return value >= format::kLeastInt4 && value <= format::kGreatestInt4;
  });
}

}  // namespace

void store_int4(fb::ModelT& model) {
  // Weights of several operators may share a buffer: it is packed once, for all of them.
  std::map<int32_t, int32_t> packed;
  for (const auto& op : model.operators) {
    if (op->options.type != fb::OperatorOptions::Conv2D &&
        op->options.type != fb::OperatorOptions::Dense)
      continue;
    fb::TensorT& tensor = *model.tensors[static_cast<std::size_t>(op->inputs[1])];
    if (tensor.type != fb::DataType::I8 || tensor.buffer < 0 || !tensor.quantization ||
        tensor.quantization->bits > 4)
      continue;
    const auto& data = model.buffers[static_cast<std::size_t>(tensor.buffer)]->data;
    if (!fits(data))
      continue;
    const auto [found, is_new] = packed.try_emplace(tensor.buffer);
    if (is_new) {
      auto buffer = std::make_unique<fb::BufferT>();
      buffer->data = format::pack_int4({reinterpret_cast<const int8_t*>(data.data()), data.size()});
      model.buffers.push_back(std::move(buffer));
      found->second = static_cast<int32_t>(model.buffers.size()) - 1;
    }
    tensor.type = fb::DataType::I4;
    tensor.buffer = found->second;
  }
}

void expand_int4(fb::ModelT& model) {
  for (const auto& tensor : model.tensors) {
    if (tensor->type != fb::DataType::I4 || tensor->buffer < 0)
      continue;
    int64_t count = 1;
    if (tensor->sparsity) {
      count = int64_t{tensor->sparsity->blocks} * tensor->sparsity->block_rows *
              tensor->sparsity->block_cols;
    } else {
      for (const int32_t extent : tensor->shape)
        count *= extent;
    }
    const auto& packed = model.buffers[static_cast<std::size_t>(tensor->buffer)]->data;
    const std::vector<int8_t> values = format::unpack_int4(packed, count);
    auto buffer = std::make_unique<fb::BufferT>();
    buffer->data.assign(values.begin(), values.end());
    model.buffers.push_back(std::move(buffer));
    tensor->buffer = static_cast<int32_t>(model.buffers.size()) - 1;
    tensor->type = fb::DataType::I8;
  }
}

}  // namespace edgy::converter
