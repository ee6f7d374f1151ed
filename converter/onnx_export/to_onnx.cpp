#include "converter/onnx_export/to_onnx.h"

#include <algorithm>

#include "converter/about.h"
#include "converter/error.h"
#include "converter/models/plain_constants.h"
#include "converter/onnx_export/emit.h"
#include "wasm/format/operands.h"

namespace edgy::converter {
namespace fb = format::fb;

namespace onnx_export {

int input_of(const fb::OperatorT& op, std::size_t i) {
  const format::OperandIndex input = format::operand(op.inputs, i);
  return input ? input.entry() : -1;
}

int output_of(const fb::OperatorT& op, std::size_t i) {
  const format::OperandIndex output = format::operand(op.outputs, i);
  return output ? output.entry() : -1;
}

namespace {

constexpr int kIrVersion = 8;
constexpr int kOpset = 17;  // the first with LayerNormalization

void emit_operator(Writer& writer, const fb::OperatorT& op) {
  switch (op.options.type) {
#define EDGY_OPERATOR(type, ...)              \
  case fb::OperatorOptions::type:             \
    emit(writer, op, *op.options.As##type()); \
    return;
#include "wasm/format/catalog/operators.inc"
    case fb::OperatorOptions::NONE:
      break;
  }
  throw Error("operator '" + op.name + "' is of a type that this version does not know");
}

void describe(const fb::ModelT& model, onnx::ModelProto& proto) {
  const auto add = [&](const std::string& key, const std::string& value) {
    if (value.empty())
      return;
    onnx::StringStringEntryProto& entry = *proto.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  };
  proto.set_ir_version(kIrVersion);
  proto.add_opset_import()->set_version(kOpset);
  proto.set_producer_name("edgy");
  if (!model.metadata)
    return;
  for_each_about(*model.metadata, [&](const std::string& name, const char*,
                                      const std::string& text) { add("model_" + name, text); });
  add("edgy.producer", model.metadata->producer);
  add("edgy.source", model.metadata->source_name);
  add("edgy.config", model.metadata->config);
}

}  // namespace
}  // namespace onnx_export

OnnxExport to_onnx(const fb::ModelT& model) {
  fb::ModelT plain = model;
  plain_constants(plain);
  onnx::ModelProto proto;
  onnx_export::describe(plain, proto);
  proto.mutable_graph()->set_name(plain.metadata && !plain.metadata->source_name.empty()
                                      ? plain.metadata->source_name
                                      : "edgy");
  onnx_export::Writer writer(plain, proto);
  writer.declare_inputs();
  for (const auto& op : plain.operators)
    onnx_export::emit_operator(writer, *op);
  writer.declare_outputs();
  OnnxExport result;
  if (plain.metadata && plain.metadata->log_mel)
    result.notes.emplace_back("the audio front end is no part of it: its first input is log-mel");
  if (plain.metadata && !plain.metadata->policies.empty())
    result.notes.emplace_back("ONNX has no privacy levels: those of the outputs are left out");
  if (plain.metadata && std::ranges::any_of(plain.metadata->policies,
                                            [](const auto& policy) { return !!policy->events; }))
    result.notes.emplace_back("ONNX has no events: their outputs give the codes");
  if (!proto.SerializeToString(&result.bytes))
    throw Error("an ONNX file has at most 2 GB, and this model takes more");
  return result;
}

}  // namespace edgy::converter
