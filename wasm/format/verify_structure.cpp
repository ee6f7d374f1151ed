// What a FlatBuffer must be before anything reads it: offsets inside the file, and no more in it
// than it has room for.
#include "wasm/format/numbers.h"
#include "wasm/format/text.h"
#include "wasm/format/verify_internal.h"

namespace edgy::format {
namespace {

using flatbuffers::Offset;
using flatbuffers::String;
using flatbuffers::Table;
using flatbuffers::Vector;

flatbuffers::Verifier verifier_of(std::span<const uint8_t> bytes) {
  flatbuffers::Verifier::Options options;
  options.max_depth = 16;
  return flatbuffers::Verifier(bytes.data(), bytes.size(), options);
}

/// FlatBuffers' verifier visits every string of every tensor's `dims`, and thousands of tensors may
/// share one list of thousands: its length is looked at before.
Result<void> verify_dims(std::span<const uint8_t> bytes) {
  const auto damaged = [] {
    return invalid("the file is damaged or cut off: its list of tensors lies outside of it");
  };
  flatbuffers::Verifier verifier = verifier_of(bytes);
  const std::size_t start = verifier.VerifyOffset<flatbuffers::uoffset_t>(0);
  const auto* root = reinterpret_cast<const Table*>(bytes.data() + start);
  if (start == 0 || !root->VerifyTableStart(verifier) ||
      !root->VerifyOffset(verifier, fb::Model::VT_TENSORS)) {
    return damaged();
  }
  const auto* tensors = root->GetPointer<const Vector<Offset<Table>>*>(fb::Model::VT_TENSORS);
  if (tensors == nullptr || !verifier.VerifyVector(tensors)) {
    return damaged();
  }
  for (uint32_t i = 0; i < tensors->size(); i++) {
    const Table* tensor = tensors->Get(i);
    if (!tensor->VerifyTableStart(verifier) ||
        !tensor->VerifyOffset(verifier, fb::Tensor::VT_DIMS)) {
      return damaged();
    }
    verifier.EndTable();
    const auto* dims = tensor->GetPointer<const Vector<Offset<String>>*>(fb::Tensor::VT_DIMS);
    if (!verifier.VerifyVector(dims)) {
      return damaged();
    }
    if (size_of(dims) > kMaxRank) {
      return invalid(str("tensor ", i, " has ", dims->size(), " names of dimensions; at most ",
                         kMaxRank, " are possible"));
    }
  }
  return {};
}

/// Counts the bytes of whatever the file names, once for each time it is named.
class Claims {
 public:
  void add(int64_t bytes) { bytes_ += bytes; }
  void add(const String* text) { add(text == nullptr ? 0 : kLength + int64_t{text->size()} + 1); }
  template <typename T>
  void add(const Vector<T>* list) {
    constexpr int64_t kWidth = sizeof(T);  // of a table or string: its offset
    add(list == nullptr ? 0 : kLength + kWidth * list->size());
  }
  void add(const Vector<Offset<String>>* texts) {
    add<Offset<String>>(texts);
    for (uint32_t i = 0; i < size_of(texts); i++) {
      add(texts->Get(i));
    }
  }
  template <typename T>
  void add_tables(const Vector<Offset<T>>* tables) {
    add<Offset<T>>(tables);
    add(kTable * size_of(tables));
  }
  int64_t bytes() const { return bytes_; }

 private:
  static constexpr int64_t kLength = 4;
  static constexpr int64_t kTable = 4;  // at least: the offset of its vtable
  int64_t bytes_ = 0;
};

void add_metadata(const fb::Metadata& metadata, Claims& claims) {
  for (const String* text : {metadata.producer(), metadata.source_name(), metadata.source_sha256(),
                             metadata.config(), metadata.calibration(), metadata.accuracy()}) {
    claims.add(text);
  }
  claims.add_tables(metadata.policies());
  for (uint32_t i = 0; i < size_of(metadata.policies()); i++) {
    const fb::OutputPolicy& policy = *metadata.policies()->Get(i);
    claims.add(policy.output());
    if (policy.events() != nullptr) {
      claims.add(policy.events()->silence());
    }
  }
}

int64_t claimed_bytes(const fb::Model& model) {
  Claims claims;
  claims.add(model.features());
  claims.add(model.inputs());
  claims.add(model.outputs());
  claims.add_tables(model.tensors());
  for (const fb::Tensor* tensor : *model.tensors()) {
    claims.add(tensor->name());
    claims.add(tensor->shape());
    claims.add(tensor->dims());
    if (const fb::Quantization* quantization = tensor->quantization(); quantization != nullptr) {
      claims.add(quantization->scale());
      claims.add(quantization->zero_point());
    }
  }
  claims.add_tables(model.operators());
  for (const fb::Operator* op : *model.operators()) {
    claims.add(op->name());  // lists in `options` have at most kMaxRank entries
    claims.add(op->inputs());
    claims.add(op->outputs());
  }
  claims.add_tables(model.buffers());
  for (uint32_t i = 0; i < size_of(model.buffers()); i++) {
    claims.add(model.buffers()->Get(i)->data());
  }
  if (model.metadata() != nullptr) {
    add_metadata(*model.metadata(), claims);
  }
  return claims.bytes();
}

}  // namespace

Result<const fb::Model*> verify_structure(std::span<const uint8_t> bytes) {
  if (Result<void> dims = verify_dims(bytes); !dims) {
    return tl::unexpected<Error>(dims.error());
  }
  flatbuffers::Verifier verifier = verifier_of(bytes);
  if (!fb::VerifyModelBuffer(verifier)) {
    return invalid("the file is damaged or cut off: its structure is not that of an .edgy model");
  }
  const fb::Model* model = fb::GetModel(bytes.data());
  if (model->tensors()->size() > kMaxTensors || model->operators()->size() > kMaxOperators) {
    return invalid("the model has more than 65536 tensors or operators");
  }
  if (const int64_t claimed = claimed_bytes(*model); claimed > static_cast<int64_t>(bytes.size())) {
    return invalid(str("the file names the same bytes again and again: its lists and names are ",
                       claimed, " bytes, the file has ", bytes.size()));
  }
  return model;
}

}  // namespace edgy::format
