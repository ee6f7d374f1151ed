#include "converter/quantization/float_layers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "converter/error.h"
#include "converter/quantization/integer_sums.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

struct Words {
  FloatReason reason;
  const char* name;
  const char* words;
};

constexpr std::array<Words, 16> kWords = {{
    {FloatReason::kAsked, "asked", "float32 was asked for"},
    {FloatReason::kNoIntegerForm, "no-integer-form", "has no int8 form"},
    {FloatReason::kShape, "shape", "no int8 kernel covers its shape"},
    {FloatReason::kComputedWeights, "computed-weights", "its weights are no constants"},
    {FloatReason::kDamage, "damage", "int8 spoils the outputs"},
    {FloatReason::kInputNotFinite, "input-not-finite", "its input becomes infinite or NaN"},
    {FloatReason::kConstantInput, "constant-input", "its input is a constant"},
    {FloatReason::kInputZero, "input-zero", "its input is zero in all samples"},
    {FloatReason::kTooManySummands, "too-many-summands", "its sums do not fit 32 bits"},
    {FloatReason::kRefused, "refused", "the runtime refuses it as int8"},
    {FloatReason::kLoss, "loss", "int8 costs the outputs too much"},
    {FloatReason::kBytes, "bytes", "its scales do not fit the budget"},
    {FloatReason::kSourceInput, "source-input", "its input is not quantized, or anew in each run"},
    {FloatReason::kSourceWeights, "source-weights", "its weights are not quantized"},
    {FloatReason::kSourceZeroPoints, "source-zero-points",
     "its weights' zero points leave no room in a signed byte"},
    {FloatReason::kSourceBias, "source-bias", "its bias does not fit 32 bits at its scales"},
}};

const Words& words_of(FloatReason reason) {
  return *std::find_if(kWords.begin(), kWords.end(),
                       [&](const Words& words) { return words.reason == reason; });
}

const fb::TensorT& tensor_of(const fb::ModelT& model, int index) {
  return *model.tensors[static_cast<std::size_t>(index)];
}

/// Greatest magnitude of what the layer's input holds.
double peak_of(const ValueStatistics& input) {
  return std::max(double{input.max()}, -double{input.min()});
}

/// "output channel 3, input channel 1, tap 0, 2" of a value of the constant.
std::string place(const std::vector<int32_t>& shape, std::size_t index) {
  std::vector<std::size_t> position(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    position[axis] = index % static_cast<std::size_t>(shape[axis]);
    index /= static_cast<std::size_t>(shape[axis]);
  }
  std::string text = "output channel " + std::to_string(position.front());
  if (shape.size() > 1)
    text += ", input channel " + std::to_string(position.back());
  if (shape.size() > 3)
    text += ", tap " + std::to_string(position[1]) + ", " + std::to_string(position[2]);
  return text;
}

void check_finite(const fb::ModelT& f32, const Layer& layer, int tensor, const char* what) {
  const std::vector<float> values = float_values(f32, tensor);
  const auto found =
      std::find_if(values.begin(), values.end(), [](float v) { return !std::isfinite(v); });
  if (found == values.end())
    return;
  const fb::TensorT& constant = tensor_of(f32, tensor);
  throw Error("layer '" + layer.name + "': " + what + " '" + constant.name + "' is " +
              (std::isnan(*found) ? "NaN" : "infinite") + " at " +
              place(constant.shape, static_cast<std::size_t>(found - values.begin())) +
              "; int8 needs finite numbers (--precision f32 takes them as they are)");
}

}  // namespace

const char* name_of(FloatReason reason) {
  return words_of(reason).name;
}

std::string explain(const FloatLayer& layer) {
  const std::string words = words_of(layer.reason).words;
  return layer.detail.empty() ? words : words + ": " + layer.detail;
}

FloatLayer float_layer(const fb::ModelT& model, const Layer& layer, FloatReason reason,
                       std::string detail) {
  return {layer.name, tensor_of(model, layer.output).name, reason, std::move(detail)};
}

std::optional<FloatLayer> obstacle(const fb::ModelT& f32, const Layer& layer,
                                   const ValueStatistics& input) {
  const auto because = [&](FloatReason reason, std::string detail = "") {
    return float_layer(f32, layer, reason, std::move(detail));
  };
  if (tensor_of(f32, layer.input).buffer >= 0)
    return because(FloatReason::kConstantInput);
  if (input.not_finite() > 0)
    return because(FloatReason::kInputNotFinite);
  if (!has_scale(input))
    return because(FloatReason::kInputZero);
  const auto& shape = tensor_of(f32, layer.weights).shape;
  int64_t summands = 1;
  for (std::size_t axis = 1; axis < shape.size(); ++axis)
    summands *= shape[axis];
  if (summands > kMostSummands)
    return because(FloatReason::kTooManySummands, std::to_string(summands) + " weights a channel");
  return std::nullopt;
}

bool has_scale(const ValueStatistics& seen) {
  // Of the coarsest grid, 2 bits.
  return peak_of(seen) >= double{std::numeric_limits<float>::min()} * 256;
}

void check_finite_weights(const fb::ModelT& f32, const std::vector<Layer>& layers) {
  for (const Layer& layer : layers) {
    check_finite(f32, layer, layer.weights, "weight");
    if (layer.bias >= 0)
      check_finite(f32, layer, layer.bias, "bias");
  }
}

bool is_too_large_to_fit(const fb::ModelT& f32, const Layer& layer, const ValueStatistics& input) {
  // Sums of a thousand squares, as layer_problem takes them.
  const double limit = std::sqrt(double{std::numeric_limits<float>::max()} / 1024);
  const std::vector<float> weights = float_values(f32, layer.weights);
  const auto rows = static_cast<std::size_t>(tensor_of(f32, layer.weights).shape[0]);
  const std::vector<float> bias =
      layer.bias >= 0 ? float_values(f32, layer.bias) : std::vector<float>(rows);
  const std::size_t columns = weights.size() / rows;
  for (std::size_t o = 0; o < rows; ++o) {
    double sum = 0;
    for (std::size_t k = 0; k < columns; ++k)
      sum += std::fabs(weights[o * columns + k]);
    if (!(sum * peak_of(input) + std::fabs(bias[o]) < limit))
      return true;
  }
  return false;
}

}  // namespace edgy::converter
