#include "converter/finetune/network/network.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "converter/error.h"
#include "converter/finetune/network/convolution.h"
#include "converter/finetune/network/fake_quantize.h"
#include "converter/finetune/network/operators.h"
#include "converter/finetune/network/stored_weights.h"
#include "wasm/format/operands.h"

namespace edgy::converter::finetune {
namespace fb = format::fb;
namespace {

using torch::Tensor;

/// A tensor while the model runs: real numbers, or whole numbers (zero point taken off) and what
/// one of them is worth.
struct Value {
  Tensor real;
  Tensor integers;
  double scale = 1;

  Tensor as_real() const { return real.defined() ? real : integers * scale; }
};

/// How an int8 tensor is stored.
struct ActivationRange {
  double scale;
  double low;  ///< stored limits less the zero point
  double high;
};

const fb::TensorT& tensor_of(const fb::ModelT& model, int index) {
  return *model.tensors[static_cast<std::size_t>(index)];
}

ActivationRange range_of(const fb::TensorT& tensor) {
  const fb::QuantizationT& q = *tensor.quantization;
  const int zero = q.zero_point.at(0);
  return {q.scale.at(0), double(q.qmin - zero), double(q.qmax - zero)};
}

/// Real numbers as the integers of an int8 tensor.
Value rounded_to(const fb::TensorT& tensor, const Tensor& x) {
  const ActivationRange range = range_of(tensor);
  const float inverse = 1.0F / static_cast<float>(range.scale);
  return {{}, requantize(x, torch::full({1}, inverse), range.low, range.high), range.scale};
}

bool is_weighted(const fb::OperatorT& op) {
  return op.options.type == fb::OperatorOptions::Conv2D ||
         op.options.type == fb::OperatorOptions::Dense;
}

std::pair<float, float> activation_of(const fb::OperatorT& op) {
  if (const auto* conv = op.options.AsConv2D())
    return {conv->activation_min, conv->activation_max};
  const auto& dense = *op.options.AsDense();
  return {dense.activation_min, dense.activation_max};
}

Tensor convolve_images(const fb::Conv2DT& conv, const Tensor& x, const Tensor& w) {
  const bool sequence = x.dim() == 3;
  Tensor planes = sequence ? x.permute({0, 2, 1}).unsqueeze(2) : x.permute({0, 3, 1, 2});
  planes = at::constant_pad_nd(planes,
                               {conv.pad_left, conv.pad_right, conv.pad_top, conv.pad_bottom}, 0);
  planes = at::conv2d(planes, w.permute({0, 3, 1, 2}), {},
                      at::IntArrayRef({conv.stride_h, conv.stride_w}), at::IntArrayRef({0, 0}),
                      at::IntArrayRef({conv.dilation_h, conv.dilation_w}), conv.groups);
  return sequence ? planes.squeeze(2).permute({0, 2, 1}) : planes.permute({0, 2, 3, 1});
}

/// Products and sums of a layer, without bias: channels last in and out.
Tensor multiply(const fb::OperatorT& op, const Tensor& x, const Tensor& w) {
  const auto* conv = op.options.AsConv2D();
  if (conv == nullptr)
    return at::matmul(x, w.t());
  const bool in_time = x.dim() == 3 && w.size(1) == 1 && conv->stride_h == 1 && conv->groups == 1 &&
                       conv->pad_top == 0 && conv->pad_bottom == 0;
  if (!in_time)
    return convolve_images(*conv, x, w);
  const TimeConvolution shape{w.size(2), conv->stride_w, conv->dilation_w, conv->pad_left,
                              conv->pad_right};
  return convolve_time(x.permute({2, 0, 1}), w.squeeze(1), shape).permute({1, 2, 0});
}

Value run_layer(const fb::ModelT& model, const fb::OperatorT& op, const Layer& layer,
                const Value& x, const MixedPrecision& precision) {
  const auto [least, most] = activation_of(op);
  const bool clamps = std::isfinite(least) || std::isfinite(most);
  const auto clamp = [&](const Tensor& y) {
    return clamps ? y.clamp(double{least}, double{most}) : y;
  };
  if (layer.bits == 0) {
    const bool rounds = precision.rounds(op);
    const Tensor input = x.as_real();
    const Tensor weight = layer.masked();
    const Tensor y = rounds ? multiply(op, precision.round(input), precision.round(weight))
                            : multiply(op, input, weight);
    return {clamp(layer.bias.defined() ? y + layer.bias : y), {}, 1};
  }
  const IntegerWeights weights = quantize_weights(layer.masked(), layer.bits, layer.scale);
  const Tensor unit = weights.scale.to(torch::kDouble) * x.scale;
  Tensor sum = multiply(op, x.integers, weights.values);
  if (layer.bias.defined())
    sum = sum + round_straight_through(layer.bias / unit.to(torch::kFloat));
  const fb::TensorT& output = tensor_of(model, format::operand(op.outputs, 0).entry());
  if (output.type != fb::DataType::I8)
    return {clamp(sum * unit.to(torch::kFloat)), {}, 1};
  ActivationRange range = range_of(output);
  const auto bound = [&](float value) {
    const float scaled = value * (1.0F / static_cast<float>(range.scale));
    return std::clamp<double>(std::nearbyint(scaled), range.low, range.high);
  };
  const double low = std::isinf(least) ? range.low : bound(least);
  const double high = std::isinf(most) ? range.high : bound(most);
  return {{}, requantize(sum, (unit / range.scale).to(torch::kFloat), low, high), range.scale};
}

void refuse_unknown(const fb::ModelT& model) {
  std::string unknown;
  for (const auto& op : model.operators) {
    if (training_of(*op) != format::Training::kRefused)
      continue;
    unknown += (unknown.empty() ? "" : ", ") +
               std::string(fb::EnumNameOperatorOptions(op->options.type)) + " ('" + op->name + "')";
  }
  if (!unknown.empty()) {
    throw Error("these operators can not be trained yet: " + unknown +
                "; convert the model with `edgy convert`, which compresses without training");
  }
}

}  // namespace

int find_tensor(const fb::ModelT& model, const std::string& name) {
  for (std::size_t i = 0; i < model.tensors.size(); ++i) {
    if (model.tensors[i]->name == name)
      return static_cast<int>(i);
  }
  return -1;
}

Network::Network(const fb::ModelT& model) : model_(&model) {
  refuse_unknown(model);
  for (std::size_t i = 0; i < model.operators.size(); ++i) {
    const fb::OperatorT& op = *model.operators[i];
    if (!is_weighted(op))
      continue;
    layer_of_[static_cast<int>(i)] = layers_.size();
    layers_.push_back(read_layer(model, op));
  }
}

Tensor Network::constant(int index) const {
  return read_constant(*model_, index);
}

Values Network::run(const std::vector<Tensor>& inputs, const std::vector<int>& wanted) {
  std::map<int, Value> values;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    values[model_->inputs[i]] = {inputs[i], {}, 1};
  const auto value = [&](int tensor) -> const Value& {
    const auto found = values.find(tensor);
    if (found != values.end())
      return found->second;
    return values[tensor] = {constant(tensor), {}, 1};
  };
  for (std::size_t i = 0; i < model_->operators.size(); ++i) {
    const fb::OperatorT& op = *model_->operators[i];
    if (!format::operand(op.outputs, 0))
      throw Error("operator '" + op.name + "' leaves out its first output: it can not be trained");
    const int output = format::operand(op.outputs, 0).entry();
    const auto input = [&op] { return format::operand(op.inputs, 0).entry(); };
    try {
      if (const auto layer = layer_of_.find(static_cast<int>(i)); layer != layer_of_.end()) {
        values[output] = run_layer(*model_, op, layers_[layer->second], value(input()), precision_);
      } else if (const auto* quantize = op.options.AsQuantize()) {
        Tensor x = value(input()).as_real();
        if (!quantize->perm.empty())
          x = x.permute(std::vector<int64_t>(quantize->perm.begin(), quantize->perm.end()));
        values[output] = rounded_to(tensor_of(*model_, output), x);
      } else if (op.options.type == fb::OperatorOptions::Dequantize) {
        values[output] = {value(input()).as_real(), {}, 1};
      } else {
        std::vector<Tensor> operands;
        for (const int input : op.inputs)
          operands.push_back(input < 0 ? Tensor() : value(input).as_real());
        if (precision_.rounds(op)) {
          for (Tensor& operand : operands)
            operand = operand.defined() ? precision_.round(operand) : operand;
        }
        const Tensor y = apply_operator(op, operands);
        values[output] = tensor_of(*model_, output).type == fb::DataType::I8
                             ? rounded_to(tensor_of(*model_, output), y)
                             : Value{y, {}, 1};
      }
    } catch (const c10::Error& error) {
      throw Error("operator '" + op.name + "' (" + fb::EnumNameOperatorOptions(op.options.type) +
                  "): " + error.what_without_backtrace());
    }
  }
  Values result;
  for (const int tensor : wanted)
    result[tensor] = value(tensor).as_real();
  return result;
}

}  // namespace edgy::converter::finetune
