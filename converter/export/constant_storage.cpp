#include "converter/export/constant_storage.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>
#include <span>

namespace edgy::converter {
namespace fb = format::fb;
namespace {

using Options = fb::OperatorOptions;

/// A smaller constant takes less than the operator and the tensor that would stand for it.
constexpr std::size_t kFewestBytes = 512;

class Storage {
 public:
  explicit Storage(fb::ModelT& model) : model_(model) {}

  void run() {
    for (std::size_t i = 0; i < model_.operators.size(); ++i) {
      const Options type = model_.operators[i]->options.type;
      if (type == Options::Concat)
        i += shorten(i);
      if (type == Options::Binary)
        narrow(*model_.operators[i]);
    }
  }

 private:
  fb::TensorT& tensor(int index) { return *model_.tensors[static_cast<std::size_t>(index)]; }

  const std::vector<uint8_t>& data(const fb::TensorT& constant) const {
    return model_.buffers[static_cast<std::size_t>(constant.buffer)]->data;
  }

  bool is_float_constant(int index) {
    return index >= 0 && tensor(index).buffer >= 0 && tensor(index).type == fb::DataType::F32;
  }

  /// The finite value that all elements of a large enough constant have.
  std::optional<float> single_value(int index) {
    if (!is_float_constant(index) || data(tensor(index)).size() < kFewestBytes)
      return std::nullopt;
    const std::vector<uint8_t>& bytes = data(tensor(index));
    // Every element equals the one before it.
    if (std::memcmp(bytes.data(), bytes.data() + sizeof(float), bytes.size() - sizeof(float)) != 0)
      return std::nullopt;
    float value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return std::isfinite(value) ? std::optional<float>(value) : std::nullopt;
  }

  /// Whether a Concat that leaves `constant` out still has the shape that it gave its other inputs:
  /// all extents but that of `axis` are known from another input.
  bool agrees(const fb::TensorT& constant, const fb::OperatorT& op, std::size_t axis) {
    return std::any_of(op.inputs.begin(), op.inputs.end(), [&](int input) {
      const fb::TensorT& other = tensor(input);
      if (other.buffer >= 0 || other.shape.size() != constant.shape.size())
        return false;
      for (std::size_t i = 0; i < other.shape.size(); ++i) {
        if (i != axis && other.shape[i] != constant.shape[i])
          return false;
      }
      return true;
    });
  }

  /// Takes inputs of one value off the ends of a Concat. Returns how many operators were added
  /// behind it.
  std::size_t shorten(std::size_t position) {
    std::size_t added = 0;
    for (const bool front : {true, false}) {
      while (model_.operators[position]->inputs.size() > 1 && peel(position, front))
        ++added;
    }
    fb::OperatorT& op = *model_.operators[position];
    if (added == 0 || op.inputs.size() > 1)
      return added;
    // Nothing is left to put together: what read the result reads the only input.
    const int result = op.outputs[0];
    const int input = op.inputs[0];
    for (const auto& reader : model_.operators)
      std::replace(reader->inputs.begin(), reader->inputs.end(), result, input);
    model_.operators.erase(model_.operators.begin() + static_cast<std::ptrdiff_t>(position));
    return added - 1;
  }

  bool peel(std::size_t position, bool front) {
    fb::OperatorT& op = *model_.operators[position];
    const int constant = front ? op.inputs.front() : op.inputs.back();
    const std::optional<float> value = single_value(constant);
    const fb::TensorT& result = tensor(op.outputs[0]);
    const int declared = op.options.AsConcat()->axis;
    const auto axis = static_cast<std::size_t>(
        declared < 0 ? declared + static_cast<int>(result.shape.size()) : declared);
    if (!value || !agrees(tensor(constant), op, axis))
      return false;
    const int32_t extent = tensor(constant).shape[axis];
    fb::TensorT part = result;
    part.name += front ? ":behind" : ":before";
    if (part.shape[axis] >= 0)
      part.shape[axis] -= extent;
    fb::PadT pad;
    pad.before.assign(result.shape.size(), 0);
    pad.after.assign(result.shape.size(), 0);
    (front ? pad.before : pad.after)[axis] = extent;
    pad.value = *value;
    model_.tensors.push_back(std::make_unique<fb::TensorT>(std::move(part)));
    const int shorter = static_cast<int>(model_.tensors.size()) - 1;
    auto padding = std::make_unique<fb::OperatorT>();
    padding->name = op.name;
    padding->options.Set(std::move(pad));
    padding->inputs = {shorter};
    padding->outputs = {op.outputs[0]};
    op.outputs = {shorter};
    op.inputs.erase(front ? op.inputs.begin() : op.inputs.end() - 1);
    model_.operators.insert(model_.operators.begin() + static_cast<std::ptrdiff_t>(position) + 1,
                            std::move(padding));
    return true;
  }

  /// Keeps one index of the axes along which a constant operand repeats itself.
  void narrow(fb::OperatorT& op) {
    for (std::size_t slot = 0; slot < 2; ++slot) {
      const int constant = op.inputs[slot];
      const int other = op.inputs[1 - slot];
      if (!is_float_constant(constant) || data(tensor(constant)).size() < kFewestBytes ||
          tensor(other).buffer >= 0)
        continue;
      fb::TensorT narrowed = tensor(constant);
      std::vector<uint8_t> bytes = data(narrowed);
      const std::vector<int32_t>& shape = tensor(other).shape;
      for (std::size_t axis = 0; axis < narrowed.shape.size(); ++axis) {
        // The other operand has to have this extent, or the result would lose it.
        const std::size_t from_end = narrowed.shape.size() - axis;
        if (narrowed.shape[axis] > 1 && from_end <= shape.size() &&
            shape[shape.size() - from_end] == narrowed.shape[axis])
          keep_first(narrowed, bytes, axis);
      }
      if (bytes.size() == data(tensor(constant)).size())
        continue;
      auto buffer = std::make_unique<fb::BufferT>();
      buffer->data = std::move(bytes);
      model_.buffers.push_back(std::move(buffer));
      narrowed.buffer = static_cast<int32_t>(model_.buffers.size()) - 1;
      model_.tensors.push_back(std::make_unique<fb::TensorT>(std::move(narrowed)));
      op.inputs[slot] = static_cast<int>(model_.tensors.size()) - 1;
    }
  }

  /// Cuts `axis` to one index if all are the same.
  static void keep_first(fb::TensorT& tensor, std::vector<uint8_t>& bytes, std::size_t axis) {
    std::size_t inner = sizeof(float);
    for (std::size_t i = axis + 1; i < tensor.shape.size(); ++i)
      inner *= static_cast<std::size_t>(tensor.shape[i]);
    const std::size_t block = inner * static_cast<std::size_t>(tensor.shape[axis]);
    std::vector<uint8_t> kept;
    for (std::size_t start = 0; start < bytes.size(); start += block) {
      const uint8_t* first = &bytes[start];
      if (std::memcmp(first, first + inner, block - inner) != 0)
        return;
      kept.insert(kept.end(), first, first + inner);
    }
    bytes = std::move(kept);
    tensor.shape[axis] = 1;
  }

  fb::ModelT& model_;
};

}  // namespace

void store_repeated(fb::ModelT& model) {
  Storage(model).run();
}

}  // namespace edgy::converter
