#include "converter/finetune/network/mixed_precision.h"

#include <torch/utils.h>

namespace edgy::converter::finetune {
namespace fb = format::fb;
namespace {

bool is_white(const fb::OperatorT& op) {
  return op.options.type == fb::OperatorOptions::Conv2D ||
         op.options.type == fb::OperatorOptions::Dense ||
         op.options.type == fb::OperatorOptions::MatMul;
}

bool is_black(const fb::OperatorT& op) {
  switch (op.options.type) {
    case fb::OperatorOptions::Softmax:
    case fb::OperatorOptions::LayerNorm:
    case fb::OperatorOptions::Reduce:
    case fb::OperatorOptions::NearestCode:
    case fb::OperatorOptions::ArgReduce:
    case fb::OperatorOptions::Gather:
      return true;
    case fb::OperatorOptions::Unary: {
      const auto kind = op.options.AsUnary()->kind;
      return kind == fb::UnaryKind::Exp || kind == fb::UnaryKind::Log;
    }
    case fb::OperatorOptions::Binary:
      return op.options.AsBinary()->kind == fb::BinaryKind::Pow;
    default:
      return false;
  }
}

}  // namespace

bool MixedPrecision::rounds(const fb::OperatorT& op) const {
  switch (level_) {
    case AmpLevel::kO0:
      return false;
    case AmpLevel::kO1:
      return is_white(op);
    case AmpLevel::kO2:
    case AmpLevel::kO3:
      return !is_black(op);
  }
  return false;
}

torch::Tensor MixedPrecision::round(const torch::Tensor& x) const {
  if (x.scalar_type() != torch::kFloat)
    return x;
  return x.to(half_ ? torch::kHalf : torch::kBFloat16).to(torch::kFloat);
}

}  // namespace edgy::converter::finetune
