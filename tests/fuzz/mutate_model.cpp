#include "tests/fuzz/mutate_model.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace edgy::fuzz {
namespace fb = format::fb;
namespace {

int32_t small(int64_t number) {
  return static_cast<int32_t>(number);
}

void change_list(std::vector<int32_t>& list, Dice& dice, int64_t any) {
  switch (list.empty() ? 0 : dice.below(5)) {
    case 0:
      list.push_back(small(any));
      break;
    case 1:
      list.erase(list.begin() + static_cast<std::ptrdiff_t>(dice.below(list.size())));
      break;
    case 2:
      std::swap(dice.pick(list), dice.pick(list));
      break;
    default:
      dice.pick(list) = small(any);
  }
}

void change_grid(std::unique_ptr<fb::QuantizationT>& grid, Dice& dice) {
  if (!grid || dice.one_in(12)) {
    grid = grid ? nullptr : std::make_unique<fb::QuantizationT>();
    return;
  }
  switch (dice.below(6)) {
    case 0:
      grid->scale.resize(dice.below(9), dice.real());
      break;
    case 1:
      if (!grid->scale.empty())
        dice.pick(grid->scale) = dice.real();
      break;
    case 2:
      change_list(grid->zero_point, dice, dice.number());
      break;
    case 3:
      grid->axis = small(dice.number());
      break;
    case 4:
      grid->bits = static_cast<uint8_t>(dice.number());
      break;
    default:
      (dice.one_in(2) ? grid->qmin : grid->qmax) = small(dice.number());
  }
}

void change_storage(fb::TensorT& tensor, std::size_t buffers, Dice& dice) {
  switch (dice.below(4)) {
    case 0:
      tensor.buffer = small(static_cast<int64_t>(dice.below(buffers + 2)) - 1);
      break;
    case 1:
      tensor.encoding = static_cast<fb::Encoding>(dice.below(4));
      break;
    case 2:
      if (!tensor.sparsity)
        tensor.sparsity = std::make_unique<fb::SparsityT>();
      tensor.sparsity->blocks = static_cast<uint32_t>(dice.number());
      break;
    default:
      if (!tensor.sparsity)
        return;
      tensor.sparsity->block_rows = static_cast<uint8_t>(dice.number());
      tensor.sparsity->block_cols = static_cast<uint8_t>(dice.number());
      tensor.sparsity->index = static_cast<uint32_t>(dice.below(buffers + 1));
  }
}

void change_tensor(fb::ModelT& model, Dice& dice) {
  fb::TensorT& tensor = *dice.pick(model.tensors);
  switch (dice.below(5)) {
    case 0:
    case 1:
      change_list(tensor.shape, dice, dice.number());
      break;
    case 2:
      tensor.type = static_cast<fb::DataType>(dice.below(9));
      break;
    case 3:
      change_grid(tensor.quantization, dice);
      break;
    default:
      change_storage(tensor, model.buffers.size(), dice);
  }
}

void change_bytes(fb::ModelT& model, Dice& dice) {
  if (model.buffers.empty())
    return;
  std::vector<uint8_t>& data = dice.pick(model.buffers)->data;
  if (data.empty() || dice.one_in(6))
    data.resize(dice.below(80), static_cast<uint8_t>(dice.number()));
  else
    dice.pick(data) = static_cast<uint8_t>(dice.number());
}

/// Appends an operator of `other` and all that it reads and writes.
void graft(fb::ModelT& model, const fb::ModelT& other, Dice& dice) {
  if (other.operators.empty())
    return;
  const fb::OperatorT& source = *other.operators[dice.below(other.operators.size())];
  const auto tensors = small(static_cast<int64_t>(model.tensors.size()));
  const auto buffers = small(static_cast<int64_t>(model.buffers.size()));
  for (const auto& tensor : other.tensors) {
    model.tensors.push_back(std::make_unique<fb::TensorT>(*tensor));
    if (tensor->buffer >= 0)
      model.tensors.back()->buffer += buffers;
    if (tensor->sparsity)
      model.tensors.back()->sparsity->index += static_cast<uint32_t>(buffers);
  }
  for (const auto& buffer : other.buffers)
    model.buffers.push_back(std::make_unique<fb::BufferT>(*buffer));
  auto op = std::make_unique<fb::OperatorT>(source);
  for (std::vector<int32_t>* list : {&op->inputs, &op->outputs}) {
    for (int32_t& entry : *list)
      entry += entry >= 0 ? tensors : 0;
  }
  // What it reads is made by this model, what it writes leaves it.
  if (!op->inputs.empty() && tensors > 0)
    op->inputs[0] = small(static_cast<int64_t>(dice.below(static_cast<std::size_t>(tensors))));
  if (!op->outputs.empty())
    model.outputs.push_back(op->outputs[0]);
  model.operators.push_back(std::move(op));
}

void change_operator(fb::ModelT& model, Dice& dice) {
  if (model.operators.empty())
    return;
  fb::OperatorT& op = *dice.pick(model.operators);
  const auto tensors = static_cast<int64_t>(model.tensors.size());
  const int64_t any = static_cast<int64_t>(dice.below(model.tensors.size() + 2)) - 1;
  switch (dice.below(4)) {
    case 0:
      change_list(op.outputs, dice, any);
      break;
    case 1:
      std::swap(dice.pick(model.operators), dice.pick(model.operators));
      break;
    default:
      change_list(op.inputs, dice, std::min(any, tensors));
  }
}

}  // namespace

void mutate_model(fb::ModelT& model, const fb::ModelT& other, Dice& dice) {
  // A file may hold operators of no type, or of one that is unknown; objects that are written again
  // may not.
  std::erase_if(model.operators, [](const auto& op) { return op->options.value == nullptr; });
  if (model.tensors.empty())
    return graft(model, other, dice);
  switch (dice.below(10)) {
    case 0:
      return graft(model, other, dice);
    case 1:
      return change_bytes(model, dice);
    case 2:
      return change_list(dice.one_in(2) ? model.inputs : model.outputs, dice,
                         static_cast<int64_t>(dice.below(model.tensors.size() + 1)));
    case 3:
    case 4:
    case 5:
      return change_operator(model, dice);
    default:
      return change_tensor(model, dice);
  }
}

}  // namespace edgy::fuzz
