#include "wasm/runtime/model.h"

#include <utility>

#include "wasm/format/float16.h"
#include "wasm/format/int4.h"
#include "wasm/format/numbers.h"
#include "wasm/format/sparse_encoding.h"
#include "wasm/format/text.h"
#include "wasm/format/verify.h"

namespace edgy::runtime {
namespace fb = format::fb;
namespace {

TensorInfo describe(const fb::Tensor& tensor) {
  TensorInfo info;
  info.name = tensor.name()->str();
  info.type = tensor.type();
  info.shape = declared_shape(tensor);
  info.dim_names.resize(info.shape.size());
  for (uint32_t i = 0; tensor.dims() != nullptr && i < tensor.dims()->size(); i++) {
    info.dim_names[i] = tensor.dims()->Get(i)->str();
  }
  return info;
}

Result<void> apply_policies(const fb::Metadata* metadata, std::vector<TensorInfo>& outputs) {
  if (metadata == nullptr || metadata->policies() == nullptr) {
    return {};
  }
  for (const fb::OutputPolicy* policy : *metadata->policies()) {
    if (policy->level() < fb::PrivacyLevel::MIN || policy->level() > fb::PrivacyLevel::MAX) {
      return fail(ErrorCode::kInvalidModel,
                  str("the privacy policy of output '", policy->output()->string_view(),
                      "' has the unknown level ", static_cast<int>(policy->level())));
    }
    bool found = false;
    for (TensorInfo& output : outputs) {
      if (output.name == policy->output()->string_view()) {
        output.level = policy->level();
        found = true;
      }
    }
    if (!found) {
      return fail(ErrorCode::kInvalidModel,
                  str("there is a privacy policy for '", policy->output()->string_view(),
                      "', which is no output of the model"));
    }
  }
  return {};
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
  std::shared_ptr<Model> model(new Model);
  model->bytes_ = std::move(bytes);
  const Result<const fb::Model*> root = format::verify(model->bytes_);
  if (!root) {
    return tl::unexpected<Error>(root.error());
  }
  model->root_ = *root;
  model->expand_float16();
  const auto tensor = [&](int32_t index) -> const fb::Tensor& {
    return *model->root_->tensors()->Get(static_cast<uint32_t>(index));
  };
  for (const int32_t index : *model->root_->inputs()) {
    model->inputs_.push_back(describe(tensor(index)));
  }
  for (const int32_t index : *model->root_->outputs()) {
    model->outputs_.push_back(describe(tensor(index)));
  }
  if (Result<void> policies = apply_policies(model->root_->metadata(), model->outputs_);
      !policies) {
    return tl::unexpected<Error>(policies.error());
  }
  return std::shared_ptr<const Model>(std::move(model));
}

void Model::expand_float16() {
  // The bytes are verified, and this model's own.
  auto& tensors = *fb::GetMutableModel(bytes_.data())->mutable_tensors();
  for (uint32_t i = 0; i < tensors.size(); i++) {
    fb::Tensor& tensor = *tensors.GetMutableObject(i);
    if (tensor.type() != DataType::F16 || tensor.buffer() < 0) {
      continue;
    }
    std::vector<float>& values = expanded_[static_cast<int32_t>(i)];
    values = format::unpack_float16(constant(static_cast<int32_t>(i)));
    expanded_bytes_ += values.size() * sizeof(float);
    tensor.mutate_type(DataType::F32);
  }
}

std::span<const uint8_t> Model::constant(int32_t tensor) const {
  if (const auto found = expanded_.find(tensor);
      found != expanded_.end() && !found->second.empty()) {
    const std::vector<float>& values = found->second;
    return {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(float)};
  }
  const fb::Tensor& entry = *root_->tensors()->Get(static_cast<uint32_t>(tensor));
  if (entry.buffer() < 0 || entry.encoding() != fb::Encoding::Dense) {
    return {};
  }
  const auto* data = root_->buffers()->Get(static_cast<uint32_t>(entry.buffer()))->data();
  return data == nullptr ? std::span<const uint8_t>()
                         : std::span<const uint8_t>(data->data(), data->size());
}

std::vector<int8_t> Model::constant_int8(int32_t tensor) const {
  const fb::Tensor& entry = *root_->tensors()->Get(static_cast<uint32_t>(tensor));
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
