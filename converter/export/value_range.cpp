#include "converter/export/value_range.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace edgy::converter {
namespace fb = format::fb;
namespace {

template <typename T>
std::vector<int64_t> whole_numbers(const std::vector<uint8_t>& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return {values.begin(), values.end()};
}

/// 0 where it is not fixed.
int64_t extent_of(const fb::ModelT& model, int32_t tensor, int32_t axis) {
  if (tensor < 0)
    return 0;
  const auto& shape = model.tensors[static_cast<std::size_t>(tensor)]->shape;
  const auto rank = static_cast<int32_t>(shape.size());
  const int32_t place = axis < 0 ? axis + rank : axis;
  return place >= 0 && place < rank ? std::max(0, shape[static_cast<std::size_t>(place)]) : 0;
}

/// What one operator makes of its inputs: a number of values, or tensors that its own are among.
struct Step {
  std::optional<int64_t> values;
  std::vector<int32_t> moved;
};

Step step_of(const fb::ModelT& model, const fb::OperatorT& op) {
  switch (op.options.type) {
    case fb::OperatorOptions::Transpose:
    case fb::OperatorOptions::Reshape:
    case fb::OperatorOptions::Slice:
      return {{}, {op.inputs[0]}};
    case fb::OperatorOptions::Concat:
      return {{}, op.inputs};
    case fb::OperatorOptions::NearestCode:
      return {extent_of(model, op.inputs[1], 0), {}};
    case fb::OperatorOptions::ArgReduce:
      return {extent_of(model, op.inputs[0], op.options.AsArgReduce()->axis), {}};
    case fb::OperatorOptions::Gather: {
      const auto table = whole_constant(model, op.inputs[0]);
      return {table ? *std::ranges::max_element(*table) + 1 : 0, {}};
    }
    default:
      return {0, {}};
  }
}

}  // namespace

const fb::OperatorT* producer_of(const fb::ModelT& model, int32_t tensor) {
  for (const auto& op : model.operators) {
    if (std::ranges::find(op->outputs, tensor) != op->outputs.end())
      return op.get();
  }
  return nullptr;
}

std::optional<std::vector<int64_t>> whole_constant(const fb::ModelT& model, int32_t index) {
  if (index < 0)
    return std::nullopt;
  const fb::TensorT& tensor = *model.tensors[static_cast<std::size_t>(index)];
  if (tensor.buffer < 0)
    return std::nullopt;
  const auto& bytes = model.buffers[static_cast<std::size_t>(tensor.buffer)]->data;
  std::vector<int64_t> values;
  if (tensor.type == fb::DataType::I64)
    values = whole_numbers<int64_t>(bytes);
  else if (tensor.type == fb::DataType::I32)
    values = whole_numbers<int32_t>(bytes);
  if (values.empty() || *std::ranges::min_element(values) < 0)
    return std::nullopt;
  return values;
}

std::optional<int64_t> count_values(const fb::ModelT& model, int32_t tensor) {
  std::set<int32_t> seen;
  std::vector<int32_t> waiting = {tensor};
  int64_t most = 1;
  while (!waiting.empty()) {
    const int32_t next = waiting.back();
    waiting.pop_back();
    if (!seen.insert(next).second)
      continue;
    const fb::OperatorT* op = producer_of(model, next);
    if (op == nullptr)
      return std::nullopt;
    const Step step = step_of(model, *op);
    if (step.values && *step.values < 1)
      return std::nullopt;
    most = std::max(most, step.values.value_or(1));
    waiting.insert(waiting.end(), step.moved.begin(), step.moved.end());
  }
  return most;
}

}  // namespace edgy::converter
