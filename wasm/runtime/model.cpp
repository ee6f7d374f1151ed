#include "wasm/runtime/model.h"

#include <utility>

#include "wasm/format/allocation.h"
#include "wasm/format/int4.h"
#include "wasm/format/numbers.h"
#include "wasm/format/sparse_encoding.h"
#include "wasm/format/text.h"
#include "wasm/format/verify.h"
#include "wasm/format/verify_internal.h"

namespace edgy::runtime {
namespace fb = format::fb;
namespace {

TensorInfo describe(const fb::Tensor& tensor) {
  TensorInfo info;
  info.name = tensor.name()->str();
  info.type =
      tensor.type() == DataType::F16 && tensor.buffer() >= 0 ? DataType::F32 : tensor.type();
  info.shape = declared_shape(tensor);
  info.dim_names.resize(info.shape.size());
  for (uint32_t i = 0; tensor.dims() != nullptr && i < tensor.dims()->size(); i++) {
    info.dim_names[i] = tensor.dims()->Get(i)->str();
  }
  return info;
}

/// The verifier saw that each policy is that of an output.
void apply_policies(const fb::Metadata* metadata, std::vector<TensorInfo>& outputs) {
  if (metadata == nullptr || metadata->policies() == nullptr) {
    return;
  }
  for (TensorInfo& output : outputs) {
    for (const fb::OutputPolicy* policy : *metadata->policies()) {
      if (policy->output()->string_view() == output.name) {
        output.level = policy->level();
        output.events = policy->events();
      }
    }
    if (output.events != nullptr) {
      output.shape.back() = -1;
      output.dim_names.back() = "events";
    }
  }
}

}  // namespace

std::string_view to_string(DataType type) {
  switch (type) {
    case DataType::F32:
      return "float32";
    case DataType::I8:
      return "int8";
    case DataType::U8:
      return "uint8";
    case DataType::I32:
      return "int32";
    case DataType::I64:
      return "int64";
    case DataType::F16:
      return "float16";
    case DataType::I4:
      return "int4";
    case DataType::Bool:
      return "bool";
  }
  return "unknown";
}

std::size_t element_bytes(DataType type) {
  switch (type) {
    case DataType::F32:
    case DataType::I32:
      return 4;
    case DataType::I64:
      return 8;
    case DataType::F16:
      return 2;
    default:
      return 1;
  }
}

Shape declared_shape(const fb::Tensor& tensor) {
  Shape shape;
  if (tensor.shape() != nullptr) {
    shape.assign(tensor.shape()->begin(), tensor.shape()->end());
  }
  return shape;
}

Result<std::shared_ptr<const Model>> Model::load(std::vector<uint8_t> bytes) {
  return with_typed_failures([&]() -> Result<std::shared_ptr<const Model>> {
    std::shared_ptr<Model> model(new Model(std::move(bytes)));
    const Result<const fb::Model*> root = format::verify(model->bytes_);
    if (!root) {
      return tl::unexpected<Error>(root.error());
    }
    model->root_ = *root;
    // Buffers together are no more than the file: the verifier counted them.
    model->table_bytes_ = model->bytes_.size();
    for (uint32_t i = 0; i < format::size_of(model->root_->buffers()); i++) {
      model->table_bytes_ -= format::size_of(model->root_->buffers()->Get(i)->data());
    }
    for (const int32_t index : *model->root_->inputs()) {
      model->inputs_.push_back(describe(model->tensor(static_cast<uint32_t>(index))));
    }
    for (const int32_t index : *model->root_->outputs()) {
      model->outputs_.push_back(describe(model->tensor(static_cast<uint32_t>(index))));
    }
    apply_policies(model->root_->metadata(), model->outputs_);
    return std::shared_ptr<const Model>(std::move(model));
  });
}

std::span<const uint8_t> Model::constant(uint32_t tensor) const {
  const fb::Tensor& entry = this->tensor(tensor);
  if (entry.buffer() < 0 || entry.encoding() != fb::Encoding::Dense) {
    return {};
  }
  const auto* data = root_->buffers()->Get(static_cast<uint32_t>(entry.buffer()))->data();
  return data == nullptr ? std::span<const uint8_t>()
                         : std::span<const uint8_t>(data->data(), data->size());
}

std::vector<int8_t> Model::constant_int8(uint32_t tensor) const {
  const fb::Tensor& entry = this->tensor(tensor);
  const bool is_int4 = entry.type() == DataType::I4;
  if (entry.encoding() == fb::Encoding::Dense) {
    const std::span<const uint8_t> bytes = constant(tensor);
    return is_int4 ? format::unpack_int4(bytes, *element_count(declared_shape(entry)))
                   : std::vector<int8_t>(bytes.begin(), bytes.end());
  }
  const auto bytes_of = [&](uint32_t index) {
    const auto* data = root_->buffers()->Get(index)->data();
    return data == nullptr ? std::span<const uint8_t>()
                           : std::span<const uint8_t>(data->data(), data->size());
  };
  const fb::Sparsity& sparsity = *entry.sparsity();
  const format::BlockGrid grid =
      *format::block_grid(declared_shape(entry), sparsity.block_rows(), sparsity.block_cols());
  std::vector<int8_t> dense(static_cast<std::size_t>(grid.elements()));
  std::span<const uint8_t> values = bytes_of(static_cast<uint32_t>(entry.buffer()));
  std::vector<int8_t> unpacked;
  if (is_int4) {
    unpacked = format::unpack_int4(values, sparsity.blocks() * grid.block_weights());
    values = {reinterpret_cast<const uint8_t*>(unpacked.data()), unpacked.size()};
  }
  format::decode_sparse(grid,
                        entry.encoding() == fb::Encoding::SparseBitmap
                            ? format::SparseIndex::kBitmap
                            : format::SparseIndex::kDelta,
                        sparsity.blocks() == 0 && entry.encoding() == fb::Encoding::SparseDelta
                            ? std::span<const uint8_t>()
                            : bytes_of(sparsity.index()),
                        values, dense);
  return dense;
}

}  // namespace edgy::runtime
