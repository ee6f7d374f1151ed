// Types and quantizations of operators without weights that compute on int8 tensors.
#include "wasm/format/catalog.h"
#include "wasm/format/operands.h"
#include "wasm/format/text.h"
#include "wasm/format/verify_internal.h"

namespace edgy::format {
namespace {

using Options = fb::OperatorOptions;

/// What the operator does with int8 tensors.
Integers form_of(const fb::Operator& op, const OperatorTraits& traits) {
  switch (op.options_type()) {
    case Options::Pool2D:
      return integers_of(op.options_as_Pool2D()->kind());
    case Options::Reduce:
      return integers_of(op.options_as_Reduce()->kind());
    default:
      return traits.integers;
  }
}

bool has_one_scale(const fb::Tensor& tensor) {
  return tensor.quantization() != nullptr && size_of(tensor.quantization()->scale()) == 1;
}

float scale_of(const fb::Tensor& tensor) {
  return tensor.quantization()->scale()->Get(0);
}

int32_t zero_point_of(const fb::Tensor& tensor) {
  const auto* zero_points = tensor.quantization()->zero_point();
  return size_of(zero_points) == 0 ? 0 : zero_points->Get(0);
}

/// How many of the tensors are int8, and what is wrong with them.
class Operands {
 public:
  Operands(const fb::Model& model, const fb::Operator& op) : model_(model) {
    for (uint32_t i = 0; i < op.inputs()->size(); i++) {
      add(operand(*op.inputs(), i));
    }
    inputs_are_integers_ = all();
    for (uint32_t i = 0; i < op.outputs()->size(); i++) {
      add(operand(*op.outputs(), i));
    }
  }
  bool any() const { return integers_ > 0; }
  bool all() const { return integers_ == count_; }
  bool all_inputs() const { return inputs_are_integers_; }
  bool others_are_floats() const { return integers_ + floats_ == count_; }
  bool all_have_a_scale() const { return with_scale_ == integers_; }
  bool none_has_a_scale() const { return with_scale_ == 0; }
  /// All quantized, with the same scale and zero point.
  bool share_one() const { return all_have_a_scale() && alike_; }

 private:
  void add(OperandIndex index) {
    if (!index) {
      return;
    }
    const fb::Tensor& tensor = *model_.tensors()->Get(index.index());
    count_++;
    if (tensor.type() == fb::DataType::F32 || tensor.type() == fb::DataType::F16) {
      floats_++;
    }
    if (tensor.type() != fb::DataType::I8) {
      return;
    }
    integers_++;
    if (!has_one_scale(tensor)) {
      return;
    }
    with_scale_++;
    if (first_ == nullptr) {
      first_ = &tensor;
    }
    alike_ = alike_ && scale_of(tensor) == scale_of(*first_) &&
             zero_point_of(tensor) == zero_point_of(*first_);
  }

  const fb::Model& model_;
  bool inputs_are_integers_ = false;
  uint32_t count_ = 0;
  uint32_t integers_ = 0;
  uint32_t floats_ = 0;
  uint32_t with_scale_ = 0;
  const fb::Tensor* first_ = nullptr;
  bool alike_ = true;
};

}  // namespace

Result<void> verify_integers(const fb::Model& model, uint32_t index) {
  const fb::Operator& op = *model.operators()->Get(index);
  const OperatorTraits& traits = *traits_of(op.options_type());
  if (traits.integers != Integers::kComputed) {
    return {};  // others check their types themselves, or the runtime does when it makes them
  }
  const Operands operands(model, op);
  if (!operands.any()) {
    return {};
  }
  const auto error = [&](std::string_view message) {
    return invalid(str(operator_label(model, index), ": ", message));
  };
  const Integers integers = form_of(op, traits);
  if (integers == Integers::kNone) {
    return error("of this kind it takes no int8 tensors");
  }
  const bool is_binary = op.options_type() == Options::Binary;
  const bool is_product = op.options_type() == Options::MatMul;
  if (is_product && !operands.all_inputs()) {
    return error("its inputs must both be int8, or none");
  }
  if (is_binary || is_product ? !operands.others_are_floats() : !operands.all()) {
    return error(is_binary || is_product ? "beside int8 tensors it takes float32 alone"
                                         : "its inputs and its output must all be int8, or none");
  }
  // Bytes that stand for no real numbers may be put one behind the other.
  if (op.options_type() == Options::Concat && operands.none_has_a_scale()) {
    return {};
  }
  if (!operands.all_have_a_scale()) {
    return error("its int8 tensors need a quantization with one scale");
  }
  return integers == Integers::kComputed || operands.share_one()
             ? Result<void>{}
             : error("its int8 input and output must have the same quantization");
}

}  // namespace edgy::format
