#include "converter/export/export.h"

#include <algorithm>
#include <set>

#include "converter/error.h"
#include "converter/export/plannable.h"
#include "converter/export/sha256.h"
#include "wasm/format/catalog.h"
#include "wasm/format/operands.h"
#include "wasm/format/verify.h"

namespace edgy::converter {
namespace fb = format::fb;

void set_features(fb::ModelT& model) {
  std::set<std::string> features;
  for (const auto& tensor : model.tensors) {
    if (tensor->type == fb::DataType::I4)
      features.insert("int4");
    if (tensor->type == fb::DataType::F16)
      features.insert("float16");
    if (tensor->encoding == fb::Encoding::Dense)
      continue;
    const bool one_by_four = tensor->sparsity->block_rows == 1 && tensor->sparsity->block_cols == 4;
    features.insert(one_by_four ? "sparse-1x4" : "sparse-blocks");
  }
  const bool integers =
      std::any_of(model.operators.begin(), model.operators.end(), [&](const auto& op) {
        const format::OperatorTraits* traits = format::traits_of(op->options.type);
        const format::OperandIndex x = format::operand(op->inputs, 0);
        const bool without_layers =
            traits != nullptr && (traits->integers == format::Integers::kComputed ||
                                  op->options.type == fb::OperatorOptions::Lstm);
        return without_layers && x && model.tensors[x.index()]->type == fb::DataType::I8;
      });
  if (integers)
    features.insert("integer-operators");
  if (model.metadata &&
      std::ranges::any_of(model.metadata->policies, [](const auto& p) { return !!p->events; }))
    features.insert("events");
  model.features.assign(features.begin(), features.end());
}

void stamp(fb::ModelT& model, const Source& source, const std::string& producer) {
  model.version = format::kVersion;
  set_features(model);
  if (!model.metadata)
    model.metadata = std::make_unique<fb::MetadataT>();
  model.metadata->producer = producer;
  model.metadata->source_name = source.name;
  model.metadata->source_bytes = source.bytes.size();
  model.metadata->source_sha256 = sha256(source.bytes);
}

std::vector<uint8_t> serialize(const fb::ModelT& model) {
  flatbuffers::FlatBufferBuilder builder(1 << 20);
  fb::FinishModelBuffer(builder, fb::Model::Pack(builder, &model));
  std::vector<uint8_t> bytes(builder.GetBufferPointer(),
                             builder.GetBufferPointer() + builder.GetSize());
  if (const auto checked = format::verify(bytes); !checked)
    throw Error("the converted model is not valid: " + checked.error().message);
  expect_plannable(bytes);
  return bytes;
}

}  // namespace edgy::converter
