#include "converter/quantization/quantized_build.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>
#include <span>

#include "converter/error.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

template <typename T>
int add_buffer(fb::ModelT& model, const std::vector<T>& values) {
  auto buffer = std::make_unique<fb::BufferT>();
  buffer->data.resize(values.size() * sizeof(T));
  std::memcpy(buffer->data.data(), values.data(), buffer->data.size());
  model.buffers.push_back(std::move(buffer));
  return static_cast<int>(model.buffers.size()) - 1;
}

int add_tensor(fb::ModelT& model, fb::TensorT tensor) {
  model.tensors.push_back(std::make_unique<fb::TensorT>(std::move(tensor)));
  return static_cast<int>(model.tensors.size()) - 1;
}

/// The integer of `bits` bits next to weight / scale.
float rounded(float weight, float scale, int bits) {
  const auto limit = static_cast<float>(greatest_weight(bits));
  return std::clamp(std::nearbyintf(weight / scale), -limit, limit);
}

float row_scale(std::span<const float> row, int bits, float least_scale) {
  float peak = 0;
  for (const float weight : row)
    peak = std::max(peak, std::fabs(weight));
  if (peak == 0)
    return std::max(1.0F, least_scale);
  const float widest = std::max(peak / static_cast<float>(greatest_weight(bits)), least_scale);
  if (bits >= 8)
    return widest;
  // A coarse grid may clip a few weights to tell the others apart.
  constexpr int kSteps = 32;
  float best = widest;
  double least = std::numeric_limits<double>::infinity();
  for (int step = kSteps; step > kSteps / 4; --step) {
    const float scale = std::max(widest * static_cast<float>(step) / kSteps, least_scale);
    double error = 0;
    for (const float weight : row) {
      const double difference = weight - rounded(weight, scale, bits) * scale;
      error += difference * difference;
    }
    if (error < least) {
      least = error;
      best = scale;
    }
  }
  return best;
}

/// Assembles one model; members are what the steps share.
class Builder {
 public:
  Builder(const fb::ModelT& f32, const std::vector<Layer>& layers,
          const std::vector<LayerChoice>& choices, const Calibration& calibration,
          const QuantizeOptions& options)
      : model_(f32),
        layers_(layers),
        choices_(choices),
        calibration_(calibration),
        options_(options) {}

  fb::ModelT build() {
    find_integer_tensors();
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (choices_[i].quantized)
        convert_layer(layers_[i], choices_[i]);
    }
    insert_quantize_operators();
    compact(model_);
    return std::move(model_);
  }

 private:
  fb::TensorT& tensor(int index) { return *model_.tensors[static_cast<std::size_t>(index)]; }

  /// A tensor is int8 through and through if a quantized layer makes it and only quantized layers
  /// read it.
  void find_integer_tensors() {
    std::set<int> made;
    std::set<std::size_t> integer_ops;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (!choices_[i].quantized)
        continue;
      made.insert(layers_[i].output);
      integer_ops.insert(static_cast<std::size_t>(layers_[i].op));
      int& bits = bits_[layers_[i].input];
      bits = std::max(bits, choices_[i].activation_bits);
    }
    for (std::size_t i = 0; i < model_.operators.size(); ++i) {
      const auto& inputs = model_.operators[i]->inputs;
      for (std::size_t slot = 0; slot < inputs.size(); ++slot) {
        if (slot != 0 || !integer_ops.count(i))
          made.erase(inputs[slot]);
      }
    }
    for (const int output : model_.outputs)
      made.erase(output);
    for (const int t : made) {
      if (bits_.count(t))
        integer_.insert(t);
    }
  }

  fb::QuantizationT quantization_of(int t) {
    const Range range =
        choose_range(calibration_.at(t), options_.range, options_.percentile, bits_.at(t));
    return activation_quantization(range, bits_.at(t));
  }

  /// The int8 twin of a float tensor that quantized layers read.
  int integer_twin(int t) {
    const auto found = twin_.find(t);
    if (found != twin_.end())
      return found->second;
    if (integer_.count(t)) {
      tensor(t).type = fb::DataType::I8;
      tensor(t).quantization = std::make_unique<fb::QuantizationT>(quantization_of(t));
      return twin_[t] = t;
    }
    fb::TensorT twin = tensor(t);
    twin.name += ":int8";
    twin.type = fb::DataType::I8;
    twin.quantization = std::make_unique<fb::QuantizationT>(quantization_of(t));
    const int index = add_tensor(model_, std::move(twin));
    pending_.push_back({t, index});
    return twin_[t] = index;
  }

  void convert_layer(const Layer& layer, const LayerChoice& choice) {
    const int input = integer_twin(layer.input);
    if (integer_.count(layer.output))
      integer_twin(layer.output);
    const std::vector<float> original = float_values(model_, layer.weights);
    const auto rows = static_cast<std::size_t>(tensor(layer.weights).shape[0]);
    QuantizedWeights weights = choice.weights.values.empty()
                                   ? round_weights(original, rows, choice.weight_bits)
                                   : choice.weights;
    const std::vector<float> real_bias = bias_of(layer, choice, rows);
    const LayerScales scales = scales_around(layer, input);
    fit_sums(weights, real_bias, scales);
    const std::vector<int32_t> sums_bias =
        stored_bias(layer, original, weights, real_bias, choice.bias.empty(), scales.input);

    fb::TensorT stored = tensor(layer.weights);
    stored.type = fb::DataType::I8;
    stored.buffer = add_buffer(model_, weights.values);
    stored.quantization = std::make_unique<fb::QuantizationT>();
    stored.quantization->axis = 0;
    stored.quantization->scale = weights.scale;
    stored.quantization->zero_point.assign(1, 0);
    if (weights.bits < 8) {
      stored.quantization->bits = static_cast<uint8_t>(weights.bits);
      stored.quantization->qmin = -greatest_weight(weights.bits);
      stored.quantization->qmax = greatest_weight(weights.bits);
    }

    fb::TensorT bias;
    bias.name = tensor(layer.weights).name + ":bias";
    bias.type = fb::DataType::I32;
    bias.shape = {static_cast<int>(rows)};
    bias.buffer = add_buffer(model_, sums_bias);

    auto& op = *model_.operators[static_cast<std::size_t>(layer.op)];
    op.inputs = {input, add_tensor(model_, std::move(stored)), add_tensor(model_, std::move(bias))};
  }

  std::vector<float> bias_of(const Layer& layer, const LayerChoice& choice, std::size_t rows) {
    if (!choice.bias.empty())
      return choice.bias;
    return layer.bias >= 0 ? float_values(model_, layer.bias) : std::vector<float>(rows);
  }

  LayerScales scales_around(const Layer& layer, int input) {
    LayerScales scales{tensor(input).quantization->scale[0], std::nullopt};
    if (integer_.count(layer.output))
      scales.output = tensor(layer.output).quantization->scale[0];
    return scales;
  }

  /// The bias in steps of the sums; where it was not fitted and bias correction is on, the mean
  /// error that rounding the weights causes is taken off.
  std::vector<int32_t> stored_bias(const Layer& layer, const std::vector<float>& original,
                                   const QuantizedWeights& weights, const std::vector<float>& real,
                                   bool is_plain, float input_scale) {
    const std::size_t rows = weights.scale.size();
    const std::size_t columns = original.size() / rows;
    std::vector<double> means;
    if (options_.bias_correction && is_plain)
      means = calibration_.at(layer.input).channel_means();
    const auto channels = static_cast<std::size_t>(tensor(layer.weights).shape.back());
    std::vector<double> corrected(real.begin(), real.end());
    for (std::size_t o = 0; o < rows; ++o) {
      for (std::size_t k = 0; k < columns && means.size() == channels; ++k) {
        const std::size_t i = o * columns + k;
        corrected[o] -= (static_cast<double>(weights.values[i]) * weights.scale[o] - original[i]) *
                        means[k % channels];
      }
    }
    auto result = integer_bias(weights, corrected, input_scale);
    if (!result)  // means beyond the input's range, which clips them
      result = integer_bias(weights, std::vector<double>(real.begin(), real.end()), input_scale);
    if (!result)
      throw Error("layer '" + layer.name + "': its sums do not fit 32 bits");
    return *std::move(result);
  }

  /// Puts a Quantize before the first reader of each float tensor that got a twin; a Transpose read
  /// by nobody else is fused in.
  void insert_quantize_operators() {
    for (const auto& [source, twin] : pending_) {
      auto op = std::make_unique<fb::OperatorT>();
      op->name = "quantize " + tensor(source).name;
      fb::QuantizeT options;
      int read = source;
      auto& ops = model_.operators;
      const auto producer = std::find_if(
          ops.begin(), ops.end(), [&, s = source](const auto& o) { return o->outputs[0] == s; });
      const bool fuse = producer != ops.end() &&
                        (*producer)->options.type == fb::OperatorOptions::Transpose &&
                        readers(source) == 0;
      std::size_t position =
          producer == ops.end() ? 0 : static_cast<std::size_t>(producer - ops.begin()) + 1;
      if (fuse) {
        options.perm = (*producer)->options.AsTranspose()->perm;
        read = (*producer)->inputs[0];
        ops.erase(producer);
        --position;
      }
      op->options.Set(std::move(options));
      op->inputs = {read};
      op->outputs = {twin};
      ops.insert(ops.begin() + static_cast<std::ptrdiff_t>(position), std::move(op));
    }
  }

  int readers(int t) {
    int count = static_cast<int>(std::count(model_.outputs.begin(), model_.outputs.end(), t));
    for (const auto& op : model_.operators)
      count += static_cast<int>(std::count(op->inputs.begin(), op->inputs.end(), t));
    return count;
  }

  fb::ModelT model_;
  const std::vector<Layer>& layers_;
  const std::vector<LayerChoice>& choices_;
  const Calibration& calibration_;
  const QuantizeOptions& options_;
  std::map<int, int> bits_;  ///< of tensors that quantized layers read
  std::set<int> integer_;
  std::map<int, int> twin_;
  std::vector<std::pair<int, int>> pending_;
};

}  // namespace

QuantizedWeights round_weights(const std::vector<float>& weights, std::size_t rows, int bits,
                               float least_scale) {
  QuantizedWeights result;
  result.bits = bits;
  result.values.resize(weights.size());
  const std::size_t columns = weights.size() / rows;
  for (std::size_t o = 0; o < rows; ++o) {
    const std::span<const float> row(&weights[o * columns], columns);
    const float scale = row_scale(row, bits, least_scale);
    result.scale.push_back(scale);
    for (std::size_t k = 0; k < columns; ++k)
      result.values[o * columns + k] = static_cast<int8_t>(rounded(row[k], scale, bits));
  }
  return result;
}

fb::ModelT build_quantized(const fb::ModelT& f32, const std::vector<Layer>& layers,
                           const std::vector<LayerChoice>& choices, const Calibration& calibration,
                           const QuantizeOptions& options) {
  return Builder(f32, layers, choices, calibration, options).build();
}

}  // namespace edgy::converter
