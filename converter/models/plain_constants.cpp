#include "converter/models/plain_constants.h"

#include <cstring>
#include <string>

#include "converter/error.h"
#include "wasm/format/float16.h"
#include "wasm/format/int4.h"
#include "wasm/format/sparse_encoding.h"
#include "wasm/runtime/model.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

std::vector<uint8_t> as_bytes(const std::vector<int8_t>& values) {
  return {values.begin(), values.end()};
}

std::vector<uint8_t> as_bytes(const std::vector<float>& values) {
  std::vector<uint8_t> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::vector<uint8_t> dense_bytes(const fb::ModelT& model, const fb::TensorT& tensor,
                                 std::span<const uint8_t> stored) {
  const std::vector<int64_t> shape(tensor.shape.begin(), tensor.shape.end());
  const fb::SparsityT& sparsity = *tensor.sparsity;
  // The verifier has seen that there is such a grid, and that it fits the index.
  const format::BlockGrid grid =
      *format::block_grid(shape, sparsity.block_rows, sparsity.block_cols);
  std::vector<uint8_t> blocks(stored.begin(), stored.end());
  if (tensor.type == fb::DataType::I4)
    blocks = as_bytes(format::unpack_int4(stored, sparsity.blocks * grid.block_weights()));
  std::vector<int8_t> dense(static_cast<std::size_t>(grid.elements()));
  format::decode_sparse(grid,
                        tensor.encoding == fb::Encoding::SparseBitmap ? format::SparseIndex::kBitmap
                                                                      : format::SparseIndex::kDelta,
                        model.buffers[sparsity.index]->data, blocks, dense);
  return as_bytes(dense);
}

std::vector<uint8_t> plain_bytes(const fb::ModelT& model, const fb::TensorT& tensor,
                                 const std::vector<uint8_t>& stored) {
  if (tensor.encoding != fb::Encoding::Dense)
    return dense_bytes(model, tensor, stored);
  if (tensor.type == fb::DataType::F16)
    return as_bytes(format::unpack_float16(stored));
  int64_t count = 1;
  for (const int32_t extent : tensor.shape)
    count *= extent;
  return as_bytes(format::unpack_int4(stored, count));
}

/// Bytes of the constant when it is plain.
int64_t plain_size(const fb::TensorT& tensor) {
  int64_t count = 1;
  for (const int32_t extent : tensor.shape)
    count *= extent;
  const fb::DataType type = tensor.type;
  return count * (type == fb::DataType::F16  ? 4
                  : type == fb::DataType::I4 ? 1
                                             : static_cast<int64_t>(runtime::element_bytes(type)));
}

/// Sparse tensors claim zeros, others the same bytes as often as they like: both take memory and
/// time.
void require_plausible_claims(const fb::ModelT& model) {
  constexpr int64_t kPlainOfAnyFile = int64_t{1} << 26;
  constexpr int64_t kPlainForByte = 16;
  int64_t stored = 0;
  for (const auto& buffer : model.buffers)
    stored += static_cast<int64_t>(buffer->data.size());
  int64_t sparse = format::most_decoded_weights(stored);
  int64_t plain = kPlainOfAnyFile + kPlainForByte * stored;
  for (const auto& tensor : model.tensors) {
    if (tensor->buffer < 0)
      continue;
    int64_t& left = tensor->encoding == fb::Encoding::Dense ? plain : sparse;
    left -= plain_size(*tensor);
    if (left < 0) {
      throw Error("tensor '" + tensor->name + "' and those before it claim more than the " +
                  std::to_string(stored) +
                  " bytes of the model's constants may stand for: zeros that are not stored, or "
                  "bytes that many tensors share");
    }
  }
}

}  // namespace

void plain_constants(fb::ModelT& model) {
  require_plausible_claims(model);
  // Tensors may share a buffer: each gets its own, and the stored one stays for the others.
  for (const auto& tensor : model.tensors) {
    const bool is_plain = tensor->encoding == fb::Encoding::Dense &&
                          tensor->type != fb::DataType::F16 && tensor->type != fb::DataType::I4;
    if (tensor->buffer < 0 || is_plain)
      continue;
    auto plain = std::make_unique<fb::BufferT>();
    plain->data =
        plain_bytes(model, *tensor, model.buffers[static_cast<std::size_t>(tensor->buffer)]->data);
    tensor->buffer = static_cast<int32_t>(model.buffers.size());
    model.buffers.push_back(std::move(plain));
    tensor->encoding = fb::Encoding::Dense;
    tensor->sparsity.reset();
    if (tensor->type == fb::DataType::F16)
      tensor->type = fb::DataType::F32;
    else if (tensor->type == fb::DataType::I4)
      tensor->type = fb::DataType::I8;
  }
}

}  // namespace edgy::converter
