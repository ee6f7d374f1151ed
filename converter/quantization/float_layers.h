// Layers with weights that stay in float32, and why.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "converter/calibration/calibration.h"
#include "converter/quantization/layers.h"

namespace edgy::converter {

enum class FloatReason {
  kAsked,            ///< float32 is the precision that was asked for
  kNoIntegerForm,    ///< the operator has no int8 form
  kShape,            ///< no integer kernel covers its shape
  kComputedWeights,  ///< its weights are no constants
  kDamage,           ///< alone it spoils the outputs more than min_layer_sqnr_db allows
  kInputNotFinite,   ///< its input becomes infinite or NaN
  kConstantInput,    ///< its input is a constant
  kInputZero,        ///< its input is zero (below normal numbers) in all samples
  kTooManySummands,  ///< its sums do not fit 32 bits
  kRefused,          ///< the runtime does not take it; the detail says why
  kLoss,   ///< an operator without weights: int8 costs the outputs more than max_integer_loss_db
           ///< allows
  kBytes,  ///< an operator without weights: its scales do not fit the budget's bytes
  kSourceInput,       ///< a quantized model's: its input is not quantized, or anew in each run
  kSourceWeights,     ///< a quantized model's: its weights are not quantized
  kSourceZeroPoints,  ///< a quantized model's: its zero points leave no room in a signed byte
  kSourceBias,        ///< a quantized model's: its bias does not fit 32 bits at its scales
};

struct FloatLayer {
  std::string name;    ///< of the operator
  std::string output;  ///< name of its output tensor, which tells operators of one name apart
  FloatReason reason = FloatReason::kAsked;
  std::string detail;  ///< figures, as "12.3 dB"; may be empty
};

/// A word for programs: "damage".
const char* name_of(FloatReason reason);

/// A few words for people, without the layer's name: "alone it leaves 12.3 dB of the outputs (20
/// asked)".
std::string explain(const FloatLayer& layer);

/// `layer` of `model`, and why it stays float32.
FloatLayer float_layer(const format::fb::ModelT& model, const Layer& layer, FloatReason reason,
                       std::string detail = "");

/// What keeps a layer from being quantized whatever it would do to the outputs; nothing if it can
/// be. `input`: statistics of its input.
std::optional<FloatLayer> obstacle(const format::fb::ModelT& f32, const Layer& layer,
                                   const ValueStatistics& input);

/// Whether a scale can be chosen for what was seen: more than zeros, even with 2 bits.
bool has_scale(const ValueStatistics& seen);

/// Throws Error naming layer, constant and place where a layer's weights or bias hold NaN or an
/// infinity.
void check_finite_weights(const format::fb::ModelT& f32, const std::vector<Layer>& layers);

/// Whether the values of a layer are so large that their squares leave float32: it can be rounded,
/// but nothing can be fitted to it.
bool is_too_large_to_fit(const format::fb::ModelT& f32, const Layer& layer,
                         const ValueStatistics& input);

}  // namespace edgy::converter
