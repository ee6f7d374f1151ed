// Automatic mixed precision: which operators compute with 16-bit operands.
#pragma once

#include <torch/types.h>

#include "converter/finetune/settings/options.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter::finetune {

/// Rounds operands to 16 bits and keeps sums in float32, as tensor cores do. Products are computed
/// in float32 on the rounded values: exact on every machine, and on CPUs without 16-bit matrix
/// units faster than 16-bit arithmetic (docs/finetuning.md has the figures).
class MixedPrecision {
 public:
  MixedPrecision() = default;
  /// `half`: float16 with loss scaling; else bfloat16.
  MixedPrecision(AmpLevel level, bool half) : level_(level), half_(half) {}

  /// Whether an operator's float operands are rounded. O1: operators on the white list (Conv2D,
  /// Dense, MatMul), never those on the black list (Softmax, LayerNorm, Exp, Log, Pow, Reduce,
  /// NearestCode). O2 and O3: all but the black list. Integer operators have operands of at most 8
  /// bits, which 16 bits hold exactly.
  bool rounds(const format::fb::OperatorT& op) const;
  /// Whether master weights are rounded too after every step (O3).
  bool rounds_masters() const { return level_ == AmpLevel::kO3; }
  /// Whether the loss is scaled: float16 has few exponents.
  bool scales_loss() const { return level_ != AmpLevel::kO0 && half_; }

  /// x rounded to 16 bits; gradients are rounded on their way back.
  torch::Tensor round(const torch::Tensor& x) const;

 private:
  AmpLevel level_ = AmpLevel::kO0;
  bool half_ = false;
};

}  // namespace edgy::converter::finetune
